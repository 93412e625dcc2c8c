/** The state and the commands of the page. In the console it is `playground`; the stream is `playground.session.stream`. */

import type { ReconnectState } from 'stream-reconnect';

import { createHost } from './host.js';
import type { Host } from './host.js';
import { forget, recall, recallChoices, rememberChoices } from './memory.js';
import type { Choices, Memory } from './memory.js';
import { injectFault, readLog, setPace, setServer, startAnswer } from './server.js';
import { createSession } from './session.js';
import type { Session } from './session.js';
import { DEFAULT_SETTINGS, PACES, SAMPLES } from './settings.js';
import type { Settings } from './settings.js';

export interface Playground {
  readonly host: Host;
  readonly session: Session | null;
  readonly settings: Settings;
  readonly sample: string;
  readonly paceMs: number;
  /** The error of the last command; empty if there was none. */
  readonly notice: string;
  /** Grows with every change; the rendered page names the version that it shows. */
  readonly revision: number;
  /** Calls the listener soon after a change. Returns a function that stops that. */
  subscribe(listener: () => void): () => void;
  /** Calls the listener in the turn in which the state changes. Returns a function that stops that. */
  onState(listener: (state: ReconnectState) => void): () => void;
  begin(): Promise<void>;
  /** The text of the next response. */
  setSample(sample: string): void;
  /** The pace of this response, and of those that follow. */
  setPace(paceMs: number): Promise<void>;
  newAnswer(): Promise<void>;
  fault(kind: string): Promise<void>;
  setServerUp(up: boolean): Promise<void>;
  setOnline(isOnline: boolean): void;
  setFrozen(isFrozen: boolean): void;
  setHidden(isHidden: boolean): void;
  pause(): void;
  resume(): void;
  retryNow(): void;
  cancel(): Promise<void>;
  reload(): void;
  applySettings(settings: Settings): void;
}

export function createPlayground(): Playground {
  const host = createHost();
  const listeners = new Set<() => void>();
  const stateListeners = new Set<(state: ReconnectState) => void>();
  let session: Session | null = null;
  let settings = DEFAULT_SETTINGS;
  let { sample = SAMPLES[0], paceMs = PACES[1].ms }: Partial<Choices> = recallChoices();
  let notice = '';
  let revision = 0;

  const changed = (): void => {
    revision += 1;
    for (const listener of listeners) listener();
  };
  const entered = (state: ReconnectState): void => {
    for (const listener of stateListeners) listener(state);
  };

  return {
    host,
    get session() {
      return session;
    },
    get settings() {
      return settings;
    },
    get sample() {
      return sample;
    },
    get paceMs() {
      return paceMs;
    },
    get revision() {
      return revision;
    },
    get notice() {
      return notice;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onState(listener) {
      stateListeners.add(listener);
      listener(session?.stream.state ?? 'idle');
      return () => stateListeners.delete(listener);
    },
    begin,
    setSample(next) {
      sample = next;
      rememberChoices({ sample, paceMs });
      changed();
    },
    setPace: (next) =>
      attempt(async () => {
        paceMs = next;
        rememberChoices({ sample, paceMs });
        if (session !== null) await setPace(session.run, next);
      }),
    newAnswer: () => attempt(newAnswer),
    fault: (kind) =>
      attempt(async () => {
        const { done, what } = await injectFault(runOf(), kind);
        session?.note('server', kind, what);
        if (!done) throw new Error(what);
      }),
    setServerUp: (up) =>
      attempt(async () => {
        await setServer(up);
        session?.note('server', up ? 'restarted' : 'killed', 'the answer server, on its port');
        await session?.refresh();
      }),
    setOnline(isOnline) {
      session?.note('you', isOnline ? 'online' : 'offline');
      host.setOnline(isOnline);
      changed();
    },
    setFrozen(isFrozen) {
      session?.note('you', isFrozen ? 'frozen' : 'thawed');
      host.setFrozen(isFrozen);
      changed();
    },
    setHidden(isHidden) {
      session?.note('you', isHidden ? 'hidden' : 'shown');
      host.setHidden(isHidden);
      changed();
    },
    pause: () => session?.stream.pause(),
    resume: () => session?.stream.resume(),
    retryNow: () => session?.stream.retryNow(),
    cancel: () => attempt(async () => session?.stream.cancel()),
    reload: () => location.reload(),
    applySettings(next) {
      void attempt(() => {
        session?.applySettings(next);
        settings = next;
      });
    },
  };

  /** After a reload the response continues; otherwise a new one begins. */
  async function begin(): Promise<void> {
    const memory = recall();
    if (memory !== null && (await takeUp(memory))) return;
    await attempt(newAnswer);
  }

  /** Saved data is untrusted: if it is invalid, a new response begins. */
  async function takeUp(memory: Memory): Promise<boolean> {
    try {
      await readLog(memory.run, 0);
      settings = { ...DEFAULT_SETTINGS, ...memory.settings };
      open(memory.run, memory.of, memory);
      return true;
    } catch {
      forget();
      settings = DEFAULT_SETTINGS;
      return false;
    }
  }

  async function newAnswer(): Promise<void> {
    const { run, of } = await startAnswer(sample, paceMs);
    open(run, of, null);
  }

  function open(run: string, of: number, memory: Memory | null): void {
    session?.close();
    session = createSession({ run, of, host, settings, memory, changed, entered });
    changed();
  }

  function runOf(): string {
    if (session === null) throw new Error('there is no answer yet');
    return session.run;
  }

  async function attempt(act: () => void | Promise<void>): Promise<void> {
    notice = '';
    try {
      await act();
    } catch (error) {
      notice = error instanceof Error ? error.message : String(error);
    }
    changed();
  }
}
