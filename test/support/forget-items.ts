/** What a reader forgets when the stream starts over: all but tool calls, which leave once and do not come again. */

export function forgetItems(items: unknown[]): void {
  const calls = items.filter((item) => (item as { type?: unknown } | null)?.type === 'toolCall');
  items.splice(0, items.length, ...calls);
}
