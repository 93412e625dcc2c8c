/** An event stream with characters of one to four bytes and both line ends, and the events that are in it. */

export interface LoggedEvent {
  readonly type: string;
  readonly data: string;
  readonly id: string;
}

const TEXTS: readonly string[] = ['a', 'é', '', '€', '😀', 'x\ny'];

/** Each event with an id of its own, which is not ASCII either. */
export const unicodeEvents: readonly LoggedEvent[] = Array.from({ length: 30 }, (_, n) => ({
  type: n % 10 === 3 ? 'ï' : 'message',
  data: TEXTS[n % TEXTS.length] ?? '',
  id: n % 10 === 9 ? `é${n}` : `${n}`,
}));

/** The stream after the event with this id, from its start where there is none, and the end marker. */
export function unicodeLog(afterId: string): string {
  const from = unicodeEvents.findIndex(({ id }) => id === afterId) + 1;
  const events = unicodeEvents.slice(from).map((event, n) => wire(event, (from + n) % 2 === 0));
  return `${events.join('')}event: end\ndata: \n\n`;
}

function wire({ type, data, id }: LoggedEvent, isCrlf: boolean): string {
  const lines = [
    ...(type === 'message' ? [] : [`event:${type}`]),
    ...data.split('\n').map((line) => `data:${line}`),
    `id:${id}`,
    '',
    '',
  ];
  return lines.join(isCrlf ? '\r\n' : '\n');
}
