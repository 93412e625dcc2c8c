/** Continues a cut response by a new request that contains the text so far. */

import type { ResumePoint, SourceItem } from '../../../../machines/source-contract.js';
import type { ModelPart } from '../../../tool-calls/response/answer.js';
import { sourceError } from '../../shared/source-error.js';
import type { RequestContext } from '../../http/request/request.js';
import type { SseProtocol } from '../../sse/protocol.js';
import type { ModelBody } from './options.js';

export interface ContinuationContext extends RequestContext {
  /** The text of the response so far. */
  readonly text: string;
}

export interface Continuable {
  /**
   * Makes the request that continues the text so far, such as one with the text as the assistant's last message.
   * Without it a cut response ends the stream as failed. A cut tool call is never continued.
   */
  continueWith?: ((context: ContinuationContext) => ModelBody | PromiseLike<ModelBody>) | undefined;
}

/** Limit of the text that is kept, in UTF-16 code units: no model's response is longer. */
const MAX_TEXT = 4 * 1024 * 1024;

export interface Continuation {
  /** Returns the text that was received up to this point. @throws SourceError if it is not known. */
  textAt(at: ResumePoint): string;
  /** Returns a protocol that keeps the text of this connection, and emits the seam. */
  follow(protocol: SseProtocol<ModelPart>, at: ResumePoint): SseProtocol<ModelPart>;
}

/** @param isKept whether a new request may continue the text; otherwise the text is only counted, without a limit */
export function createContinuation(isKept: boolean): Continuation {
  let text = '';
  return { textAt, follow };

  function textAt(at: ResumePoint): string {
    if (at.items === 0) return '';
    if (text.length >= at.chars) return text.slice(0, at.chars);
    const why = 'The text of an earlier run is not known, so the answer cannot be continued';
    throw sourceError('not-resumable', why, { fatal: true });
  }

  function follow(protocol: SseProtocol<ModelPart>, at: ResumePoint): SseProtocol<ModelPart> {
    text = textAt(at);
    let isSeam = at.items > 0;
    return {
      ...protocol,
      read(event, id) {
        const items = protocol.read(event, id).map(keep);
        if (!isSeam) return items;
        isSeam = false;
        return [{ type: 'data', data: { type: 'seam' }, bytes: 0 }, ...items];
      },
    };
  }

  /** The count of `ResumePoint.chars`, by which text that was not taken is cut off before it is continued. */
  function keep(item: SourceItem<ModelPart>): SourceItem<ModelPart> {
    if (item.type !== 'data' || item.data.type !== 'text') return item;
    if (isKept) text += item.data.text;
    if (text.length > MAX_TEXT)
      throw sourceError('limit', `The answer is longer than ${MAX_TEXT} UTF-16 code units`, {
        fatal: true,
      });
    return { ...item, chars: item.data.text.length };
  }
}
