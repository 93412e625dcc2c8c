/** How much the long tests try: a sample, or all of it with `LONG_TESTS=1` (`npm run test:long`). */

const isLong = process.env['LONG_TESTS'] === '1';

/** How often something random is tried. */
export function runs(short: number, long: number): number {
  return isLong ? long : short;
}

/** Places up to a size, not included: every nth one, from another first one for each `from`. */
export function places(size: number, step: number, from = 0): number[] {
  const every = isLong ? 1 : step;
  return Array.from({ length: size }, (_, at) => at).filter((at) => at % every === from % every);
}
