/** The calls of one answer while they are read: by the dialect's own key, closed into whole calls. */

import type { ToolCallState } from '../../machines/contract.js';
import type { AnswerPart, AnswerStep, OpenToolCalls } from './answer.js';
import { parseArguments } from './arguments.js';

export interface CallStart {
  readonly id: string;
  readonly name?: string | undefined;
  readonly args?: string | undefined;
  /** The peer runs it itself. */
  readonly isServerTool?: boolean | undefined;
}

interface Call {
  readonly id: string;
  readonly name: string | null;
  args: string;
  readonly isServerTool: boolean;
  isOpen: boolean;
}

/** Keys that are remembered: a peer that opens calls without end costs no more. */
const MAX_CALLS = 1024;

/** A class: it exists once per connection, or once per stream where keys outlive a connection. */
export class CallReader<K> {
  readonly #calls = new Map<K, Call>();
  /** Open calls of an earlier run, whose keys are not known. */
  #orphans: readonly (readonly [string, ToolCallState])[] = [];

  /**
   * A connection begins that goes on after these calls: what was read beyond them comes again.
   * Ids and names are told only once, so they are kept.
   */
  rewind(calls: OpenToolCalls): void {
    const known = new Set<string>();
    for (const call of this.#calls.values()) {
      const before = Object.hasOwn(calls, call.id) ? calls[call.id] : undefined;
      call.isOpen = before?.status === 'streaming';
      call.args = before?.args ?? '';
      known.add(call.id);
    }
    this.#orphans = Object.entries(calls).filter(
      ([id, { status }]) => status === 'streaming' && !known.has(id),
    );
  }

  isOpen(key: K): boolean {
    return this.#openCall(key) !== undefined;
  }

  idOf(key: K): string | undefined {
    return this.#openCall(key)?.id;
  }

  /** Keys of open calls, in their order. */
  open(): readonly K[] {
    return [...this.#calls].flatMap(([key, { isOpen }]) => (isOpen ? [key] : []));
  }

  start(key: K, { id, name, args = '', isServerTool = false }: CallStart): AnswerStep {
    const call: Call = { id, name: name ?? null, args, isServerTool, isOpen: true };
    // Set anew, so that the oldest stands first.
    this.#calls.delete(key);
    this.#calls.set(key, call);
    this.#forgetOldest();
    const delta = { id, ...(name === undefined ? {} : { name }), ...(args === '' ? {} : { args }) };
    return { part: progressOf(call), toolCall: [delta] };
  }

  /** More arguments; nothing for a call whose start was not seen. */
  append(key: K, text: string): AnswerStep[] {
    const call = this.#openCall(key);
    if (call === undefined || text === '') return [];
    call.args += text;
    return [{ part: progressOf(call), toolCall: [{ id: call.id, args: text }] }];
  }

  /** The call is over, with its whole arguments where the dialect repeats them. */
  close(
    key: K,
    final?: { readonly args: string; readonly name?: string | undefined },
  ): AnswerStep[] {
    const call = this.#openCall(key);
    if (call === undefined) return [];
    call.isOpen = false;
    const { id, isServerTool } = call;
    const name = call.name ?? final?.name;
    return [wholeCall({ id, name, args: final?.args ?? call.args, isServerTool })];
  }

  /** Nothing more will come of the open ones: the stream marks them as interrupted when it ends. */
  abandon(): void {
    for (const call of this.#calls.values()) call.isOpen = false;
  }

  #openCall(key: K): Call | undefined {
    const call = this.#calls.get(key);
    if (call !== undefined) return call.isOpen ? call : undefined;
    // The only one that it can be.
    const [orphan, another] = this.#orphans;
    if (orphan === undefined || another !== undefined) return undefined;
    const [id, { name, args }] = orphan;
    const adopted: Call = { id, name, args, isServerTool: false, isOpen: true };
    this.#orphans = [];
    this.#calls.set(key, adopted);
    return adopted;
  }

  #forgetOldest(): void {
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > MAX_CALLS && oldest !== undefined) this.#calls.delete(oldest);
  }
}

/** The step of a call whose arguments are all there. */
export function wholeCall(call: CallStart & { readonly args: string }): AnswerStep {
  const { id, name, args, isServerTool = false } = call;
  const parsed = parseArguments(args);
  if (name === undefined || parsed === undefined) {
    const part: AnswerPart = { type: 'event', name: 'malformedToolCall', data: { id, name } };
    // What does not parse, as the empty text, is interrupted in the account of the stream.
    return { part, toolCall: [{ id, finalArgs: parsed === undefined ? args : '', done: true }] };
  }
  const finalArgs = args.trim() === '' ? '{}' : args;
  return {
    part: { type: 'toolCall', id, name, input: parsed.input, isServerTool },
    toolCall: [{ id, name, finalArgs, done: true }],
  };
}

function progressOf({ id, name, args }: Call): AnswerPart {
  return { type: 'toolCallProgress', id, name, chars: args.length };
}
