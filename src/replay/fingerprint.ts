/** Fingerprints of ids and texts: what is remembered of an item is a number, never the text itself. */

import type { DataItem } from '../../machines/source-contract.js';

/** Texts up to this length, in UTF-16 units, count whole. Of longer ones the length and samples do. */
const WHOLE_LENGTH = 1024;
const SAMPLES = 256;
/** Of items without their text: smaller ones are written out as a whole, which is faster. */
const LARGE_BYTES = 65_536;

/** Returns 53 bits that two different texts hardly ever share. */
export function fingerprint(text: string): number {
  let low = 0x811c9dc5 ^ text.length;
  let high = 0x41c6ce57;
  const mix = (at: number): void => {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x85ebca77);
    high = (Math.imul(high ^ unit, 0xc2b2ae3d) + low) | 0;
  };
  if (text.length <= WHOLE_LENGTH) for (let at = 0; at < text.length; at++) mix(at);
  else {
    for (let at = 0; at < SAMPLES; at++) {
      mix(at);
      mix(text.length - 1 - at);
      mix(Math.floor((at * text.length) / SAMPLES));
    }
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0);
}

/** Returns the text by which an item is recognised when it comes again. */
export function recognisedText({ raw, data, bytes }: DataItem<unknown>): string {
  if (raw !== undefined) return raw;
  if (typeof data === 'string') return data;
  if (data instanceof Uint8Array) return bytesAsText(data);
  try {
    // A function or undefined has no JSON.
    return String(JSON.stringify(data, bytes > LARGE_BYTES ? shortened : undefined));
  } catch {
    return '';
  }
}

/** Long texts in a large item count as long texts do: it is not written out a second time. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > WHOLE_LENGTH ? fingerprint(value) : value;
}

function bytesAsText(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, WHOLE_LENGTH));
  const tail = String.fromCharCode(...bytes.subarray(-SAMPLES));
  return `${bytes.length}:${head}${tail}`;
}
