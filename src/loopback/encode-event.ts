/** Server-sent events as text. */

export interface WireEvent {
  readonly id?: string | undefined;
  readonly event?: string | undefined;
  readonly data: string;
}

/**
 * Returns one event as it stands on the wire.
 * @throws RangeError if the id or the type contains CR, LF or NUL, which would forge other fields.
 */
export function encodeEvent({ id, event, data }: WireEvent): string {
  return [
    id === undefined ? '' : `id: ${field(id)}\n`,
    event === undefined ? '' : `event: ${field(event)}\n`,
    ...data.split(/\r\n|\r|\n/u).map((line) => `data: ${line}\n`),
    '\n',
  ].join('');
}

function field(value: string): string {
  // oxlint-disable-next-line no-control-regex -- the three characters that a field cannot hold
  if (/[\r\n\0]/u.test(value)) {
    throw new RangeError(`an SSE field cannot hold CR, LF or NUL: ${JSON.stringify(value)}`);
  }
  return value;
}
