/** Which options of a source are code of the caller: one that is not listed does not compile. */

/** The names of the options that may be functions. */
type FunctionName<O> = {
  [K in keyof O]-?: Extract<O[K], (...args: never[]) => unknown> extends never ? never : K;
}[keyof O];

/** Each option that may be a function, as one. */
export type Places<O> = {
  [K in FunctionName<O>]-?: Extract<O[K], (...args: never[]) => unknown>;
};
