/** The files of the viewer: a fixed table, so that no path leads anywhere else. */

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

/** The last slash matters: the files lie in that folder. */
const FOLDER = new URL('../viewer/', import.meta.url);

const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/viewer.js', ['viewer.js', 'text/javascript; charset=utf-8']],
  ['/graphviz.js', ['graphviz.js', 'text/javascript; charset=utf-8']],
  ['/viewer.css', ['viewer.css', 'text/css; charset=utf-8']],
]);

/** Nothing inline, nothing from elsewhere. Graphviz is WebAssembly, which has a permission of its own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

export function isPage(path: string): boolean {
  return FILES.has(path);
}

/** Sends the file; true if it is there. */
export async function sendPage(path: string, response: ServerResponse): Promise<boolean> {
  const [file, type] = FILES.get(path) ?? [];
  if (file === undefined || type === undefined) return false;
  try {
    const body = await readFile(new URL(file, FOLDER));
    response.writeHead(200, { ...SAFE_HEADERS, 'Content-Type': type }).end(body);
    return true;
  } catch {
    return false;
  }
}
