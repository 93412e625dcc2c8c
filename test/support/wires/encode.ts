/** A script as bytes, with where each event ends in them. */

import type { Choices } from './choices.js';
import type { Saying } from './script.js';

export interface Encoded {
  readonly bytes: Uint8Array;
  /** Per saying: where its last data has come, and where nothing of it is missing. */
  readonly dataEnds: readonly number[];
  /** Where a line feed is missing behind a carriage return, which may end a line by itself. */
  readonly returnEnds: readonly number[];
  readonly ends: readonly number[];
}

export interface Framing {
  readonly eol: '\n' | '\r\n' | '\r';
  readonly bom: boolean;
  /** Between the colon and the value. */
  readonly blank: ' ' | '';
  /** `lines`: a JSON text a line. */
  readonly kind: 'events' | 'lines';
}

export function drawFraming(choices: Choices, kind: Framing['kind']): Framing {
  return {
    kind,
    eol: choices.odd(kind === 'lines' ? ['\n', '\r\n'] : ['\n', '\r\n', '\r']),
    bom: kind === 'events' && choices.odd([false, true]),
    blank: choices.odd([' ', '']),
  };
}

const UTF8 = new TextEncoder();

/** @param from the first saying that is sent */
export function encode(sayings: readonly Saying[], framing: Framing, from: number): Encoded {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const add = (text: string): number => {
    const bytes = UTF8.encode(text);
    chunks.push(bytes);
    return (length += bytes.length);
  };
  if (framing.bom) add('\ufeff');
  const dataEnds: number[] = [];
  const returnEnds: number[] = [];
  const ends: number[] = [];
  for (const [n, saying] of sayings.entries()) {
    if (n < from) {
      for (const list of [dataEnds, returnEnds, ends]) list.push(0);
      continue;
    }
    const { head, tail } =
      framing.kind === 'lines' ? asLine(saying, framing) : asEvent(saying, framing);
    dataEnds.push(add(head));
    const end = add(tail);
    returnEnds.push(tail.endsWith('\r\n') ? end - 1 : end);
    ends.push(end);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, dataEnds, returnEnds, ends };
}

function asEvent(saying: Saying, { eol, blank }: Framing): { head: string; tail: string } {
  const { raw, event, id, data } = saying;
  if (raw !== undefined) return { head: raw.replaceAll('\n', eol), tail: '' };
  const lines = [
    ...(event === undefined ? [] : [`event:${blank}${event}`]),
    ...(id === undefined ? [] : [`id:${blank}${id}`]),
    ...(data ?? '').split('\n').map((line) => `data:${blank}${line}`),
  ];
  return { head: lines.join(eol), tail: eol + eol };
}

function asLine({ raw, data }: Saying, { eol }: Framing): { head: string; tail: string } {
  return raw === undefined ? { head: data ?? '', tail: eol } : { head: raw, tail: '' };
}
