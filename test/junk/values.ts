/** What code that is not ours may do, whatever it is asked: each kind is tried at every place and in every state. */

import { runInNewContext } from 'node:vm';

/** A call that came: the right answer, and what its arguments were. */
export interface Call {
  readonly answer: () => unknown;
  /** Commands of the stream that the code belongs to. */
  readonly command: (name: CommandName) => void;
}

export type CommandName = 'pause' | 'resume' | 'retryNow' | 'close' | 'cancel' | 'reset';

export type Behaviour = (call: Call) => unknown;

const fault = (): Error => new Error('junk');

const foreign = runInNewContext(`({
  resolve: (value) => Promise.resolve(value),
  reject: () => Promise.reject(new Error('junk of another realm')),
  hang: () => new Promise(() => {}),
  raise: () => { throw new Error('junk of another realm'); },
})`) as Record<'resolve' | 'reject' | 'hang' | 'raise', (value?: unknown) => unknown>;

/** Everything that can be done with it throws. */
function traps(): object {
  const handler: ProxyHandler<object> = new Proxy(
    {},
    {
      get: () => () => {
        throw fault();
      },
    },
  );
  return new Proxy(() => {}, handler);
}

/** The right answer, but each of its fields throws. */
function withThrowingGetters(value: unknown): object {
  const names = isObject(value) ? fieldsOf(value) : [];
  const result = {};
  for (const name of new Set<PropertyKey>([...names, 'then', 'constructor', 'message', 'fatal']))
    Object.defineProperty(result, name, {
      get: () => {
        throw fault();
      },
    });
  return result;
}

function fieldsOf(value: object): PropertyKey[] {
  const names: PropertyKey[] = [];
  for (let at: object | null = value; at !== null && at !== Object.prototype;) {
    names.push(...Reflect.ownKeys(at));
    at = Object.getPrototypeOf(at) as object | null;
  }
  return names;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

class DeafPromise<T> extends Promise<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- what careless code gives
  override then(): never {
    throw fault();
  }
}

class TwicePromise<T> extends Promise<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- what careless code gives
  override then(onValue?: unknown, onError?: unknown): never {
    for (const settle of [onValue, onValue, onError])
      if (typeof settle === 'function') (settle as (value: unknown) => void)(undefined);
    return undefined as never;
  }
}

class NamelessPromise<T> extends Promise<T> {
  declare readonly [Symbol.toStringTag]: string;
}
void Object.defineProperty(NamelessPromise.prototype, 'constructor', {
  get: () => {
    throw fault();
  },
});

class OddSpeciesPromise<T> extends Promise<T> {
  static override get [Symbol.species](): PromiseConstructor {
    throw fault();
  }
}

// oxlint-disable unicorn/no-thenable -- what careless code gives
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  throws: () => {
    throw fault();
  },
  'throws nothing': () => {
    throw undefined as unknown as Error;
  },
  'throws what cannot be looked at': () => {
    throw traps() as Error;
  },
  'throws in another realm': () => foreign.raise(),
  hangs: () => new Promise(() => {}),
  'hangs in another realm': () => foreign.hang(),
  'a promise': ({ answer }) => Promise.resolve(answer()),
  'a rejected promise': () => Promise.reject(fault()),
  'rejects with what cannot be looked at': () => Promise.reject(traps()),
  'rejects later': () => new Promise((_, reject) => setImmediate(() => reject(fault()))),
  'a promise of another realm': ({ answer }) => foreign.resolve(answer()),
  'a rejected promise of another realm': () => foreign.reject(),
  'a thenable': ({ answer }) => ({ then: (done: (value: unknown) => void) => done(answer()) }),
  'a thenable that settles three times': ({ answer }) => ({
    then: (done: (value: unknown) => void, fail: (error: unknown) => void) => {
      done(answer());
      done(answer());
      fail(fault());
    },
  }),
  'a thenable that rejects': () => ({
    then: (_: unknown, fail: (error: unknown) => void) => fail(fault()),
  }),
  'a thenable that throws': () => ({
    then: () => {
      throw fault();
    },
  }),
  'a thenable that never settles': () => ({ then: () => {} }),
  'a proxy that throws': () => traps(),
  'a proxy': ({ answer }) => {
    const value = answer();
    return isObject(value) ? new Proxy(value, {}) : new Proxy({}, {});
  },
  'getters that throw': ({ answer }) => withThrowingGetters(answer()),
  'a promise whose then throws': () => DeafPromise.reject(fault()),
  'a promise whose then is a getter that throws': () =>
    Object.defineProperty(Promise.reject(fault()), 'then', {
      get: () => {
        throw fault();
      },
    }),
  'a promise that settles three times': () => TwicePromise.reject(fault()),
  'a promise whose constructor is a getter that throws': () => NamelessPromise.reject(fault()),
  'a promise of an odd species': () => OddSpeciesPromise.reject(fault()),
  nothing: () => undefined,
  null: () => null,
  'a number that is none': () => NaN,
  'a symbol': () => Symbol('junk'),
  'a function that throws': () => () => {
    throw fault();
  },
  'an async function that throws': () => () => Promise.reject(fault()),
  ...commanding('pause', 'resume', 'retryNow', 'close', 'cancel'),
  'pauses and resumes': ({ answer, command }) => {
    command('pause');
    command('resume');
    return answer();
  },
  'pauses, resumes and throws': ({ command }) => {
    command('pause');
    command('resume');
    throw fault();
  },
};
// oxlint-enable unicorn/no-thenable

/** Answers rightly, and gives a command of the stream meanwhile. */
function commanding(...names: readonly CommandName[]): Record<string, Behaviour> {
  return Object.fromEntries(
    names.map((name) => [
      `gives the command ${name}`,
      ({ answer, command }: Call) => {
        command(name);
        return answer();
      },
    ]),
  );
}
