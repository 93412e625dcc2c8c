/** Requests to the page's server: it starts responses, injects faults, and reports what it has written. */

export interface AnswerRecord {
  readonly id: string;
  readonly data: string;
}

export interface ServerLog {
  readonly status: 'writing' | 'complete' | 'cancelled';
  readonly of: number;
  /** Whether the answer server is running. */
  readonly up: boolean;
  /** The records after the requested number. */
  readonly records: readonly AnswerRecord[];
}

export interface FaultReport {
  readonly done: boolean;
  readonly what: string;
}

interface Facts {
  readonly token: string;
  readonly answerUrl: string;
}

const facts = readFacts();

export function answerUrl(run: string): string {
  return `${facts.answerUrl}/answers/${run}`;
}

export function startAnswer(sample: string, paceMs: number): Promise<{ run: string; of: number }> {
  return ask('start', { sample, paceMs });
}

export function readLog(run: string, after: number): Promise<ServerLog> {
  return ask('log', { run, after });
}

export function injectFault(run: string, fault: string): Promise<FaultReport> {
  return ask('fault', { run, fault });
}

export function setPace(run: string, paceMs: number): Promise<unknown> {
  return ask('pace', { run, paceMs });
}

export function cancelAnswer(run: string): Promise<unknown> {
  return ask('cancel', { run });
}

export function setServer(up: boolean): Promise<{ up: boolean }> {
  return ask(up ? 'restart' : 'kill', {});
}

/** A command that the server refused, with its reason. */
export class RefusedError extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** @throws RefusedError with the server's reason; another error where no playground answers */
async function ask<T>(name: string, body: object): Promise<T> {
  const response = await fetch(`./api/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-playground-token': facts.token },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as T & { error?: string };
  if (response.ok) return answer;
  throw new RefusedError(response.status, answer.error ?? `status ${response.status}`);
}

function readFacts(): Facts {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="playground"]');
  return JSON.parse(meta?.content ?? '') as Facts;
}
