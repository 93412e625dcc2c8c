/** The reader of OpenAI Responses. */

import { BaseReader } from '../response/base-reader.js';
import { Places } from '../calls/call-memory.js';
import type { EndOutcome } from '../../../machines/source-contract.js';
import type { ResponseReader, ResponseStep, RecordedCalls } from '../response/answer.js';
import { secondAnswer } from '../response/answer-end.js';
import { ToolCalls } from '../calls/calls.js';
import { eventFields, fieldsOf, listOf, textOf, wholeOf } from '../../json/fields.js';
import type { Fields } from '../../json/fields.js';
import { isErrorShape, reportedError } from '../response/peer-error.js';
import { beginningOf, isCallItem, isInPieces, readCallItem } from './responses-items.js';
import { contentSteps, eventStep, textStep } from '../response/steps.js';

/**
 * Reads the events of `POST /v1/responses`. A call is delivered when its item is done. That event repeats the complete
 * arguments, which have to agree with the pieces.
 */
export function openaiResponsesReader(): ResponseReader {
  return new OpenaiResponsesReader();
}

const ENDS: ReadonlyMap<unknown, EndOutcome> = new Map([
  ['response.completed', 'complete'],
  ['response.incomplete', 'incomplete'],
  ['response.failed', 'failed'],
  ['response.cancelled', 'cancelled'],
]);

/** Statuses that a completed response must not have. */
const BAD: ReadonlySet<unknown> = new Set(['cancelled', 'failed', 'incomplete']);

/** Events with pieces of arguments, and events that repeat them. */
const PIECE = /_call_(?:arguments|input|code)\.delta$/;
const SERVER_PIECE = /^response\.(?:code_interpreter|mcp)_/;
const WHOLE = /_call_(arguments|input)\.done$/;

class OpenaiResponsesReader extends BaseReader {
  protected readonly calls = new ToolCalls<string>();
  /** Items by their index: some gateways give the events of an item other ids than the item. */
  readonly #places = new Places<number, string>();
  #response: string | null = null;
  /** Whether a call was announced before its pieces: then all calls are. */
  #isAnnounced = false;
  /** Whether the beginning was read: then text that did not come in pieces did not come at all. */
  #isFromStart = false;
  /** UTF-16 code units that an earlier process delivered, of an unknown part. */
  #before = 0;
  /** Whether text of the response is missing. */
  #isCut = false;
  #hasOutput = false;
  /** Whether an event, or an earlier connection, had a call. */
  #hasCalls = false;
  #partHasText = false;
  #itemHasText = false;

  override begin(calls: RecordedCalls): void {
    this.ending.startOver();
    this.calls.begin(calls);
  }

  goOnAfter(chars: number): void {
    this.#before = chars;
    this.#isFromStart = chars === 0;
    this.#hasCalls = this.calls.hadCalls;
    this.#hasOutput = chars > 0 || this.#hasCalls;
  }

  override finish(): void {
    if (this.calls.hasOpenCall || this.#isCut) this.ending.spoil();
    this.ending.finish();
  }

  override read(event: unknown, name?: string): readonly ResponseStep[] {
    const fields = eventFields(event);
    const type = textOf(fields['type']) ?? name ?? '';
    const item = fieldsOf(fields['item']);
    this.#checkResponse(fieldsOf(fields['response']));
    if (type === 'response.failed') this.ending.say('failed', 'failed');
    const isOurs = type.startsWith('response.') && type !== 'response.failed' && name !== 'error';
    if (!isOurs && (type === 'response.failed' || name === 'error' || isErrorShape(fields)))
      throw reportedError(event);
    switch (type) {
      case 'response.output_text.delta':
        return this.#text(fields['delta']);
      case 'response.output_text.done':
        // The last item carries the cursor: without it the text counts as not received.
        return [eventStep(type, fields), ...this.#wholeText(fields['text'])];
      case 'response.reasoning_text.delta':
      case 'response.reasoning_summary_text.delta':
        return textStep('reasoning', fields['delta']);
      case 'response.content_part.added':
        this.#partHasText = false;
        return [eventStep(type, fields)];
      case 'response.output_item.added':
        return this.#added(fields, item);
      case 'response.output_item.done':
        return this.#done(fields, item);
      case '':
        return [];
      default:
        return this.#other(type, fields);
    }
  }

  /** @throws ReconnectError kind `protocol` for another response than the one so far. */
  #checkResponse({ id }: Fields): void {
    if (typeof id !== 'string' || id === '') return;
    if (this.#response !== null && this.#response !== id) throw secondAnswer();
    this.#response = id;
  }

  #text(delta: unknown): ResponseStep[] {
    this.#hasOutput = this.#partHasText = this.#itemHasText = true;
    return textStep('text', delta);
  }

  /** Returns the text of a part without pieces. */
  #wholeText(text: unknown): ResponseStep[] {
    if (this.#partHasText) return [];
    if (this.#isFromStart) return this.#text(text);
    this.#checkBefore(text);
    return [];
  }

  /** A text that began before the place where the reading began: it must have come by then. */
  #checkBefore(text: unknown): void {
    if (typeof text === 'string' && text.length > this.#before) this.#isCut = true;
  }

  /** Returns the key of the call of an item. */
  #keyOfItem(fields: Fields, item: Fields): string {
    const id = idOf(item['id']) ?? idOf(fields['item_id']);
    const call = idOf(item['call_id']);
    const only = isInPieces(item) ? this.#onlyPending(textOf(item['name'])) : undefined;
    // Where items are announced, one that was not is no other item.
    const isUnnamed = id === undefined || this.#isAnnounced;
    const isFree = only?.hasLocalId === true || (isUnnamed && call === undefined);
    return this.#keyAt(fields, id, call, isFree ? only?.key : undefined);
  }

  /** Returns the key of the call to which a piece of arguments belongs. */
  #keyOfPiece(fields: Fields): string {
    const id = idOf(fields['item_id']);
    // Where items are announced, one that was not is no other item.
    const isFree = id === undefined || this.#isAnnounced;
    return this.#keyAt(fields, id, undefined, isFree ? this.#onlyPending()?.key : undefined);
  }

  /** @param only the call to take without an index */
  #keyAt(
    fields: Fields,
    id: string | undefined,
    call: string | undefined,
    only: string | undefined,
  ): string {
    const known = this.#pendingKey(fields, id) ?? (call && this.calls.keyOf(call));
    const place = wholeOf(fields['output_index']);
    if (place === undefined) return known ?? only ?? id ?? call ?? '';
    const key = known ?? id ?? call ?? `output_${place}`;
    this.#places.set(place, key);
    return key;
  }

  /** Returns the waiting call with this id, or at this index. */
  #pendingKey(fields: Fields, id = idOf(fields['item_id'])): string | undefined {
    const place = wholeOf(fields['output_index']);
    const keys = [id, place === undefined ? undefined : this.#places.get(place)];
    return keys.find((key) => key !== undefined && this.calls.peek(key) !== undefined);
  }

  /** Returns the only waiting call. @param name of a call whose name is known */
  #onlyPending(name?: string): { readonly key: string; readonly hasLocalId: boolean } | undefined {
    const fitting = this.calls.pending.filter((key) => {
      const call = this.calls.peek(key);
      return name === undefined || call?.name === name || call?.name === null;
    });
    const [key, another] = fitting;
    if (key === undefined || another !== undefined) return undefined;
    return { key, hasLocalId: this.calls.peek(key)?.hasLocalId === true };
  }

  #added(fields: Fields, item: Fields): ResponseStep[] {
    this.#hasOutput = true;
    this.#partHasText = this.#itemHasText = false;
    const said = eventStep('response.output_item.added', item);
    if (!isCallItem(item)) return [said];
    this.#isAnnounced = this.#hasCalls = true;
    const key = idOf(item['id']) ?? this.#keyOfItem(fields, item);
    const place = wholeOf(fields['output_index']);
    if (place !== undefined) this.#places.set(place, key);
    const steps = this.calls.open(key, beginningOf(item));
    return item['call_id'] === undefined ? [...steps, said] : steps;
  }

  #done(fields: Fields, item: Fields): ResponseStep[] {
    this.#hasOutput = true;
    if (isCallItem(item)) {
      this.#hasCalls = true;
      return readCallItem(this.calls, this.#keyOfItem(fields, item), item);
    }
    const content = listOf(item['content']);
    const isMessage = item['type'] === 'message' && !this.#itemHasText;
    const isNew = isMessage && this.#isFromStart;
    if (isMessage && !isNew) for (const part of content) this.#checkBefore(fieldsOf(part)['text']);
    this.#partHasText = this.#itemHasText = false;
    return [eventStep('response.output_item.done', item), ...(isNew ? contentSteps(content) : [])];
  }

  #other(type: string, fields: Fields): ResponseStep[] {
    if (PIECE.test(type)) return this.#piece(type, fields);
    const whole = WHOLE.exec(type)?.[1];
    if (whole !== undefined) {
      this.#hasCalls = true;
      const key = this.#keyOfPiece(fields);
      const name = fields['name'];
      if (this.#isOfNobody(key)) return [];
      const isBegun = this.calls.peek(key) !== undefined || this.calls.isOver(key);
      const steps = this.calls.add(key, isBegun ? { name } : { name, args: fields[whole] });
      return isBegun ? [...steps, ...this.calls.takeWhole(key, fields[whole])] : steps;
    }
    // An unknown kind of arguments, in pieces or complete: the item repeats them.
    if (this.#pendingKey(fields) !== undefined && /\.(?:delta|done)$/.test(type))
      return [
        eventStep(type, { item_id: fields['item_id'], output_index: fields['output_index'] }),
      ];
    const response = fieldsOf(fields['response']);
    const said = eventStep(type, fields['response'] === undefined ? fields : summaryOf(response));
    const end = ENDS.get(type);
    if (end === undefined) {
      this.#isFromStart ||= /^response\.(?:created|in_progress|queued)$/.test(type);
      return [said];
    }
    const steps = end === 'complete' ? this.#wholeOutput(response) : [];
    this.#endAs(end, response);
    return [...steps, said];
  }

  #piece(type: string, fields: Fields): ResponseStep[] {
    this.#hasCalls = true;
    const key = this.#keyOfPiece(fields);
    if (this.#isOfNobody(key)) return [];
    const isServerTool = SERVER_PIECE.test(type) ? true : undefined;
    const piece = { args: fields['delta'], isServerTool };
    // The last one without a name is over: this is another.
    if (key === '' && this.calls.isOver(key)) return this.calls.open(key, piece);
    return this.calls.add(key, piece);
  }

  /** Returns whether it is not known to which announced item a piece belongs: the finished item repeats it. */
  #isOfNobody(key: string): boolean {
    const { hasFormer } = this.calls;
    const isKnown = this.calls.peek(key) !== undefined || this.calls.isOver(key);
    return this.#isAnnounced && !hasFormer && !isKnown;
  }

  #endAs(end: EndOutcome, { status, incomplete_details: details }: Fields): void {
    const isBad = end === 'complete' && BAD.has(status);
    const word = textOf(fieldsOf(details)['reason']) ?? textOf(status) ?? end;
    this.ending.say(isBad ? 'incomplete' : end, word);
    this.finish();
  }

  /** Reads items of the final response that no event had: all of its items, or its calls. */
  #wholeOutput({ output, status }: Fields): ResponseStep[] {
    if (!this.#isFromStart || BAD.has(status)) return [];
    const items = listOf(output).map(fieldsOf);
    const isNew = this.#hasCalls ? () => false : isCallItem;
    return items
      .filter((item) => !this.#hasOutput || isNew(item))
      .flatMap((item) => this.#done({}, item));
  }
}

/** Returns the id of an item; undefined for an empty one, which some servers give each item. */
function idOf(value: unknown): string | undefined {
  return textOf(value) || undefined;
}

/** Returns the response without the request, and without items and arguments, which may be cut. */
function summaryOf(response: Fields): Fields {
  const { output: _, instructions: __, tools: ___, input: ____, prompt: _____, ...rest } = response;
  return rest;
}
