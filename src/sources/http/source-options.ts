/** The options that sources over HTTP share: their two forms, and the facts that follow from them. */

import type { ResumeMode } from '../../../machines/source-contract.js';
import { configFailure, describeType } from '../shared/source-error.js';
import { checkKnown, checkOneOf, checkWords } from '../shared/validate-options.js';
import type { SourceWords } from '../shared/validate-options.js';
import { isRead } from './request/method.js';
import { reopenBy } from './options.js';
import type { RequestOptions } from './request/request.js';

export type WithoutUrl<O> = Omit<O, 'url'> & { url?: never };

/**
 * Returns the options of `source(url, options)` and of `source({ url, … })` in one form.
 * @param known an object whose keys are the names of the options
 * @throws ReconnectError `config`
 */
export function toOptions<O extends object>(
  source: string,
  first: string | URL | O,
  rest: WithoutUrl<O> | undefined,
  known: Readonly<Record<string, unknown>>,
): O {
  const isUrl = typeof first === 'string' || first instanceof URL;
  if (!isUrl && rest !== undefined)
    throw configFailure('a URL before the options', describeType(first), `${source}(url, options)`);
  const given: unknown = isUrl && rest === undefined ? {} : isUrl ? rest : first;
  checkKnown(source, given, known);
  if (!isUrl) return given as O;
  if (Object.hasOwn(given as object, 'url'))
    throw configFailure('one url', 'two', `${source}(url, options) or ${source}({ url })`);
  return { ...(given as object), url: first } as O;
}

/** The options that decide whether a request may be sent again to resume. */
interface Repeatable {
  readonly resume?: ResumeMode | undefined;
  readonly terminal?: SourceWords['terminal'] | undefined;
  readonly reopen?: SourceWords['reopen'] | undefined;
  readonly name?: string | undefined;
  readonly resumeRequest?: unknown;
}

/**
 * Returns the default `resume` of a source. An id or a count in the response to a POST is no promise that the
 * same POST may be sent to resume: it could run, and bill, the work again.
 */
export function resumeBy(
  { reopen, resumeRequest }: Repeatable,
  { method }: RequestOptions,
  byDefault: ResumeMode,
): ResumeMode {
  const mayAsk = isRead(method) || reopen === 'safe' || resumeRequest !== undefined;
  return mayAsk ? byDefault : 'none';
}

/** Returns the facts of a source whose position is the amount received. @throws ReconnectError `config` */
export function checkPositionWords(
  options: Repeatable,
  request: RequestOptions,
  name: string,
): SourceWords {
  const byDefault = resumeBy(options, request, 'count');
  const resume = checkOneOf('resume', options.resume ?? byDefault, ['count', 'none']);
  return checkWords(
    { ...options, resume },
    {
      name,
      resume,
      // A request that cannot be asked for more is over when its bytes end.
      terminal: resume === 'none' ? 'eof' : 'explicit',
      reopen: reopenBy(request),
    },
  );
}
