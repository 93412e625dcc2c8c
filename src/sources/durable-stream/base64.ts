/** Decodes base64, in which events carry binary data. */

import { sourceError } from '../shared/source-error.js';

/** @throws SourceError for a text that is no base64. */
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
