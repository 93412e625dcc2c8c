/** For pages of tests: `@xstate/inspect` 0.8, with the XState 4 that lies beside it. */

export { createWindowReceiver, inspect } from 'xstate4-inspect';
