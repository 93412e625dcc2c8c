import { describe, expect, it } from 'vitest';
import { resolveConfig, resolvePolicy } from '../../machines/config.js';
import type { ReconnectConfig, RetryPolicy } from '../../machines/config.js';
import {
  createReconnectManager,
  defaultReconnectConfig,
  ReconnectError,
  reconnectStream,
} from '../../src/index.js';
import type { ReconnectOptions, StreamSource } from '../../src/index.js';

/** What no option can mean, and how the message shows it. */
const ODD: readonly (readonly [value: unknown, shown: string])[] = [
  [Infinity, 'Infinity'],
  [NaN, 'NaN'],
  [-1, '-1'],
  ['5', "the string '5'"],
  [1.5, '1.5'],
  [2 ** 31, '2147483648'],
  [{}, 'a value of type object'],
  [null, 'null'],
  [[], 'an array'],
];

/** Of those, what an option may well mean. */
const FINE: Readonly<Record<string, readonly unknown[]>> = {
  maxAttempts: [2 ** 31, Infinity],
  backoffMultiplier: [1.5, 2 ** 31],
  maxElapsedMs: [2 ** 31, null],
  maxServerDelayMs: [null],
  resetAfterMs: [2 ** 31, null],
  aliveAfterMs: [2 ** 31, null],
  connectTimeoutMs: [null],
  stallTimeoutMs: [null],
  progressTimeoutMs: [null],
  rotateAfterMs: [null],
  highWaterMark: [2 ** 31],
  maxBufferedBytes: [2 ** 31],
};

const CONFIG_NAMES = [
  'maxAttempts',
  'initialBackoffMs',
  'maxBackoffMs',
  'backoffMultiplier',
  'jitter',
];
const POLICY_NAMES = [
  ...CONFIG_NAMES,
  'minBackoffMs',
  'maxElapsedMs',
  'maxServerDelayMs',
  'resetAfterMs',
  'aliveAfterMs',
];
const OPTION_NAMES = [
  ...POLICY_NAMES,
  'connectTimeoutMs',
  'stallTimeoutMs',
  'progressTimeoutMs',
  'rotateAfterMs',
  'delivery',
  'highWaterMark',
  'maxBufferedBytes',
  'allowRestart',
  'classify',
  'signal',
  'clock',
  'random',
];

const source: StreamSource<string> = {
  name: 'never',
  resume: 'none',
  terminal: 'eof',
  reopen: 'safe',
  open: () => new Promise(() => {}),
};

describe.each([
  ['resolveConfig', CONFIG_NAMES, (given: object) => resolveConfig(given)],
  ['resolvePolicy', POLICY_NAMES, (given: object) => resolvePolicy(given)],
  ['createReconnectManager', CONFIG_NAMES, (given: object) => createReconnectManager(given)],
  ['reconnectStream', OPTION_NAMES, (given: object) => reconnectStream(source, given)],
])('%s', (_, names, call) => {
  it.each(names)('refuses at once a wrong %s, and says what was expected and what came', (name) => {
    const wrong = ODD.filter(([value]) => !FINE[name]?.includes(value));
    const told = wrong.map(([value]) => configErrorOf(() => call({ [name]: value })));
    expect(told).toEqual(
      wrong.map(([, shown]) => expect.stringMatching(sentence(name, shown)) as string),
    );
  });

  it.each(names)('takes what can work for %s', (name) => {
    for (const value of FINE[name] ?? []) expect(() => call({ [name]: value })).not.toThrow();
    expect(() => call({ [name]: undefined })).not.toThrow();
  });

  it('never repeats a long text: it may be a secret that was put in the wrong place', () => {
    const secret = 'Bearer sk-0123456789abcdefghijklmnopqrstuvwxyz';
    const told = names.flatMap((name) =>
      [secret, { token: secret }, [secret], () => secret, new Error(secret)].map((value) =>
        messageOf(() => call({ [name]: value })),
      ),
    );
    expect(told.join('\n')).not.toMatch(/sk-0123|Bearer|abcdef/u);
  });

  it.each([[null], [5], ['sk-0123456789abcdef'], [() => 0], [[]]])(
    'refuses %j in the place of the options',
    (given) => {
      const told = configErrorOf(() => call(given as object));
      expect(told).toMatch(/^(config|options): expected an object, got /u);
      expect(told).not.toContain('sk-');
    },
  );

  it('refuses values whose conversion to a text or number runs code', () => {
    const trap = {
      toString: () => {
        throw new Error('toString was called');
      },
      valueOf: () => {
        throw new Error('valueOf was called');
      },
    };
    for (const name of names) {
      for (const value of [trap, Symbol('x'), 5n, Object.create(null) as object]) {
        expect(configErrorOf(() => call({ [name]: value }))).toContain(`${name}: expected `);
      }
    }
  });
});

describe('a wrong option', () => {
  it('comes with what to write instead', () => {
    const told = [
      configErrorOf(() => resolveConfig({ maxAttempts: -1 })),
      configErrorOf(() => resolveConfig({ backoffMultiplier: -1 })),
      configErrorOf(() => resolveConfig({ jitter: 'wild' as 'full' })),
      configErrorOf(() => resolvePolicy({ maxElapsedMs: -1 })),
      configErrorOf(() => resolvePolicy({ maxServerDelayMs: -1 })),
      configErrorOf(() => resolvePolicy({ resetAfterMs: -1 })),
      configErrorOf(() => resolveConfig(null as unknown as ReconnectConfig)),
    ];
    expect(told).toEqual([
      'maxAttempts: expected a whole number from 0 to 4294967295, or Infinity, got -1. For no limit write Infinity.',
      'backoffMultiplier: expected a finite number from 0, got -1. For a constant delay write 1.',
      "jitter: expected true, false or one of spread, full, equal, decorrelated, additive, none, got the string 'wild'. The default is 'spread'.",
      'maxElapsedMs: expected a whole number of ms from 1, or null, got -1. For no limit write null.',
      'maxServerDelayMs: expected a whole number of ms from 1 to 2147483647, or null, got -1. For no limit write null.',
      'resetAfterMs: expected a whole number of ms from 0, got -1. To go by new data alone write null.',
      'config: expected an object, got null. For the defaults write {}.',
    ]);
  });

  it.each([
    ['connectTimeoutMs', [0, false], 'For never write null.'],
    ['stallTimeoutMs', [0, false], 'For never write null.'],
    ['progressTimeoutMs', [0, false], 'For never write null.'],
    ['rotateAfterMs', [0, false], 'For never write null.'],
    ['maxElapsedMs', [0, false], 'For no limit write null.'],
    ['maxServerDelayMs', [0, false], 'For no limit write null.'],
    ['resetAfterMs', [false], 'To go by new data alone write null.'],
    ['maxAttempts', [false, null, -1], 'For no limit write Infinity.'],
  ] as const)(
    'that means "off" to most people is refused with the word for it: %s',
    (name, offs, hint) => {
      for (const off of offs) {
        const message = configErrorOf(() => reconnectStream(source, { [name]: off }));
        expect(message).toMatch(new RegExp(`^${name}: expected .*, got ${off}\\. ${hint}$`, 'u'));
      }
    },
  );

  it('is named when there is no such option', () => {
    const secret = 'sk-0123456789abcdefghijklmnopqrstuvwxyz';
    const misspelt = (name: string) => ({ [name]: secret }) as ReconnectOptions;
    const told = [
      configErrorOf(() => reconnectStream(source, misspelt('maxRetries'))),
      configErrorOf(() => reconnectStream(source, misspelt('__proto'))),
      configErrorOf(() => createReconnectManager(misspelt('maxRetries'))),
    ];
    expect(told).toEqual([
      expect.stringMatching(/^maxRetries: expected a known option, got a string\. .*maxAttempts/u),
      expect.stringMatching(/^__proto: expected a known option, got a string\./u),
      expect.stringMatching(/^maxRetries: expected a known option, got a string\. .*maxAttempts/u),
    ]);
    expect(told.join('\n')).not.toContain('sk-');
  });

  it.each([
    ['nothing', undefined, 'source'],
    ['an address', 'https://user:sk-0123456789@example.test/', 'source'],
    ['an object without open', { ...source, open: undefined }, 'source'],
    ['a name that is none', { ...source, name: 5 }, 'source.name'],
    ['an unknown resume', { ...source, resume: 'maybe' }, 'source.resume'],
    ['a list as resume', { ...source, resume: ['cursor'] }, 'source.resume'],
    [
      'an object as terminal',
      { ...source, terminal: Object.create(null) as object },
      'source.terminal',
    ],
    ['a missing reopen', { ...source, reopen: undefined }, 'source.reopen'],
  ])('is refused as a source: %s', (_, given, field) => {
    const told = configErrorOf(() => reconnectStream(given as StreamSource<string>));
    expect(told).toContain(`${field}: expected `);
    expect(told).not.toContain('sk-');
  });

  it.each([[5], ['log'], [{}], [[]]])('is refused as the manager’s listener: %j', (given) => {
    expect(configErrorOf(() => createReconnectManager({}, given as unknown as () => void))).toMatch(
      /^onEvent: expected a function, got /u,
    );
  });
});

describe('a config', () => {
  it('is completed by the defaults, also where an option is undefined', () => {
    expect([resolveConfig(), resolveConfig({}), resolveConfig({ jitter: undefined! })]).toEqual([
      defaultReconnectConfig,
      defaultReconnectConfig,
      defaultReconnectConfig,
    ]);
    const policy: RetryPolicy = {
      ...defaultReconnectConfig,
      minBackoffMs: 0,
      maxElapsedMs: null,
      maxServerDelayMs: 300_000,
      resetAfterMs: null,
      aliveAfterMs: 30_000,
    };
    expect([resolvePolicy(), resolvePolicy({})]).toEqual([policy, policy]);
  });

  it('without a limit of attempts goes through JSON as a number', () => {
    expect(resolveConfig({ maxAttempts: Infinity }).maxAttempts).toBe(Infinity);
    const stored = resolvePolicy({ maxAttempts: Infinity });
    expect(stored.maxAttempts).toBe(4_294_967_295);
    expect(JSON.parse(JSON.stringify(stored))).toEqual(stored);
    expect(createReconnectManager({ maxAttempts: Infinity }).config.maxAttempts).toBe(Infinity);
  });

  it('is frozen, and no longer follows the object it was made of', () => {
    const given = { maxAttempts: 2 };
    const config = resolveConfig(given);
    given.maxAttempts = 3;
    expect(config.maxAttempts).toBe(2);
    expect([config, resolvePolicy(given), defaultReconnectConfig].map(Object.isFrozen)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

/** `name: expected …, got <shown>.`, with a hint or without. */
function sentence(name: string, shown: string): RegExp {
  const literal = shown.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
  return new RegExp(`^${name}: expected [^.]+, got ${literal}\\.( |$)`, 'u');
}

function configErrorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ReconnectError && error.kind === 'config') return error.message;
    throw error;
  }
  throw new Error('expected a ReconnectError of kind config, but nothing was thrown');
}

function messageOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return String(error);
  }
}
