/** Serves the files of the page from a fixed table, so that no path leads to another file. */

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

/** With a slash at the end, so that file names are resolved inside the folder. */
const FOLDER = new URL('../viewer/', import.meta.url);

const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/viewer.js', ['viewer.js', 'text/javascript; charset=utf-8']],
  ['/graphviz.js', ['graphviz.js', 'text/javascript; charset=utf-8']],
  ['/viewer.css', ['viewer.css', 'text/css; charset=utf-8']],
]);

/** Allows nothing inline and nothing from other origins. Graphviz is WebAssembly, which needs a permission of its own. */
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

/** Sends the file; returns true if it exists. */
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
