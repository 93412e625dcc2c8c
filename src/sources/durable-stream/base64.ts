/** Base64, in which events carry what is no text. */

import { sourceError } from '../shared/source-error.js';

/** @throws SourceError for what is none. */
export function fromBase64(text: string): Uint8Array {
  try {
    const binary = atob(text.replace(/\s/g, ''));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch (cause) {
    throw sourceError('protocol', 'expected base64 in the event', { fatal: true, cause });
  }
}
