/** The statechart as text for the documentation: a diagram, and what every command does in every state. */

import { reconnectMachine } from '../../machines/index.js';
import type {
  ReconnectCommand,
  ReconnectMachineEvent,
  ReconnectState,
} from '../../machines/index.js';
import { drive } from './drive.js';

/** A mermaid `stateDiagram-v2` of every transition of the machine that leads to a state. */
export function diagram(): string {
  const { root } = reconnectMachine;
  const nodes = Object.values(root.states) as readonly Node[];
  const initial = (root as unknown as { initial: { target: readonly Node[] } }).initial;
  return [
    'stateDiagram-v2',
    ...nodes.map(declaration),
    `  state "any state but ${nodes.filter(isFinal).map(keyOf).join(', ')}" as any`,
    `  [*] --> ${initial.target.map(keyOf).join(', ')}`,
    ...nodes.flatMap((node) => edges(node.key, node)),
    ...edges('any', root),
    ...nodes.filter(isFinal).map(({ key }) => `  ${key} --> [*]`),
  ].join('\n');
}

/** A markdown table: in which state a command leaves the machine, found by sending it. */
export function commandTable(): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    row(['in state', ...COMMANDS.map((command) => `\`${command}\``)]),
    row(Array.from({ length: COMMANDS.length + 1 }, () => '---')),
    ...Object.keys(REPORTS).map((state) =>
      row([
        `\`${state}\``,
        ...COMMANDS.map((command) => resultOf(state as ReconnectState, command)),
      ]),
    ),
  ].join('\n');
}

/** What of a state node the diagram is drawn from. */
interface Node {
  readonly key: string;
  readonly type: string;
  readonly invoke: readonly { readonly id: string }[];
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
}

interface Transition {
  readonly guard?: unknown;
  readonly target?: readonly Node[] | undefined;
}

const COMMANDS: readonly ReconnectCommand['type'][] = [
  'connect',
  'retryNow',
  'pause',
  'resume',
  'close',
  'cancel',
  'reset',
];

/** How a fresh machine is brought into a state. */
const REPORTS: Readonly<Record<ReconnectState, ReconnectMachineEvent | null>> = {
  idle: null,
  waiting: { type: 'attempt.start' },
  connecting: { type: 'attempt.connecting' },
  connected: { type: 'attempt.connected' },
  paused: { type: 'pause' },
  failed: { type: 'attempt.failed', error: 'the host gave up' },
  closed: { type: 'close' },
};

function declaration({ key, invoke }: Node): string {
  if (invoke.length === 0) return `  ${key}`;
  return `  state "${key} (runs ${invoke.map(({ id }) => id).join(', ')})" as ${key}`;
}

/** One arrow for each target, with all that leads there. */
function edges(from: string, { transitions }: Node): string[] {
  const labels = new Map<string, string[]>();
  for (const [event, candidates] of transitions) {
    for (const { target, guard } of candidates) {
      for (const { key } of target ?? []) {
        const label = guard === undefined ? wordFor(event) : `${wordFor(event)} [${nameOf(guard)}]`;
        labels.set(key, [...(labels.get(key) ?? []), label]);
      }
    }
  }
  return Array.from(labels, ([to, all]) => `  ${from} --> ${to}: ${all.join(', ')}`);
}

function wordFor(event: string): string {
  const after = /^xstate\.after\.(.+?)\.reconnect\./.exec(event);
  if (after) return `after ${after[1]}`;
  const done = /^xstate\.done\.actor\.(.+)$/.exec(event);
  return done ? `${done[1]} is done` : event;
}

function nameOf(guard: unknown): string {
  return typeof guard === 'string' ? guard : String((guard as { type: string }).type);
}

function keyOf({ key }: Node): string {
  return key;
}

function isFinal({ type }: Node): boolean {
  return type === 'final';
}

function resultOf(state: ReconnectState, command: ReconnectCommand['type']): string {
  const run = drive();
  const report = REPORTS[state];
  if (report !== null) run.send(report);
  if (run.state !== state) throw new Error(`the machine is ${run.state}, not ${state}`);
  const told = run.events.length;
  if (run.actor.getSnapshot().status === 'active') run.send({ type: command });
  const moved = run.state !== state || run.events.length > told;
  const result = moved ? `\`${run.state}\`` : '–';
  run.actor.stop();
  return result;
}
