/** Options that sources over HTTP have in common: how they are given, and what a source says of itself. */

import type { ResumeMode } from '../../../machines/source-contract.js';
import { configFailure, describeType } from '../shared/source-error.js';
import { checkKnown, checkOneOf, checkWords } from '../shared/validate-options.js';
import type { SourceWords } from '../shared/validate-options.js';
import { isRead } from './request/method.js';
import { reopenBy } from './options.js';
import type { RequestOptions } from './request/request.js';

export type WithoutUrl<O> = Omit<O, 'url'> & { url?: never };

/**
 * `source(url, options)` and `source({ url, … })` are the same.
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

/** What decides whether a request may be sent again to go on. */
interface Repeatable {
  readonly resume?: ResumeMode | undefined;
  readonly terminal?: SourceWords['terminal'] | undefined;
  readonly reopen?: SourceWords['reopen'] | undefined;
  readonly name?: string | undefined;
  readonly resumeRequest?: unknown;
}

/**
 * How a source goes on unless the caller says it. An id or a count in the answer to a POST is no promise that the
 * same POST may be sent to go on: it could run, and bill, the work again.
 */
export function resumeBy(
  { reopen, resumeRequest }: Repeatable,
  { method }: RequestOptions,
  byDefault: ResumeMode,
): ResumeMode {
  const mayAsk = isRead(method) || reopen === 'safe' || resumeRequest !== undefined;
  return mayAsk ? byDefault : 'none';
}

/** The words of a source whose position is how much was received. @throws ReconnectError `config` */
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
      // What cannot be asked for more is over when its bytes end.
      terminal: resume === 'none' ? 'eof' : 'explicit',
      reopen: reopenBy(request),
    },
  );
}
