/** Reads how long the server asks to wait: `Retry-After` (RFC 9110, 10.2.3), or the vendors' headers in ms. */

/** Looks up a header by its lower-case name. */
export type HeaderOf = (name: string) => string | null | undefined;

/** Returns the server's delay in ms; undefined without a usable header. The headers of OpenAI and Azure are exact. */
export function serverDelayMs(header: HeaderOf): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const text = header(name)?.trim() ?? '';
    if (/^\d{1,15}(?:\.\d{1,9})?$/.test(text)) return Math.ceil(Number(text));
  }
  return retryAfterMs(header('retry-after'), header('date'));
}

/**
 * @param value the header: whole seconds or an HTTP date
 * @param date the `Date` header of the same response, by which a wrong local clock does no harm
 */
function retryAfterMs(
  value: string | null | undefined,
  date: string | null | undefined,
): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  const at = httpDateMs(text);
  if (at === undefined) return undefined;
  return Math.max(0, at - (httpDateMs(date?.trim() ?? '') ?? Date.now()));
}

/** Parses the three forms of RFC 9110, 5.6.7, and no other: `Date.parse` would read `-5` as a year. */
function httpDateMs(text: string): number | undefined {
  if (!/^(?:[A-Z][a-z]{2}, \d\d |[A-Z][a-z]{5,8}, \d\d-|[A-Z][a-z]{2} [A-Z][a-z]{2} )/.test(text)) {
    return undefined;
  }
  // The asctime form has no zone, and means UTC like the others.
  const ms = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}
