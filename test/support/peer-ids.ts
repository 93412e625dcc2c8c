/** Ids as a hostile peer, or a careless one, writes them. */

import fc from 'fast-check';
import { MAX_ID_LENGTH } from '../../machines/source-contract.js';

/** What has a meaning in an address, in a header, or in JSON. */
const PARTS: readonly string[] = [
  '.. . / // \\ ? # % : @ ; & = + \t'.split(' '),
  '%2e %2E %2f %5c %25 %00 %0d%0a %252e //evil.test http://evil.test/ user:pw@evil.test'.split(' '),
  [
    ' ',
    '\r\n',
    '\n',
    '\r',
    '\0',
    '\u007f',
    '\u0085',
    '\u2028',
    '\u202e',
    '\ufeff',
    '\ud800',
    '\udc00',
  ],
  // Dots and slashes of other alphabets, which some software takes for the usual ones.
  '． 。 ․ ‥ ／ ⁄ ＼ 😀 é 漢'.split(' '),
  'javascript: cancel admin __proto__ constructor null 0 -1 1e999 " \' ` {'.split(' '),
].flat();

const codeUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 24,
  })
  .map((units) => String.fromCharCode(...units));
const joined = fc.array(fc.oneof(fc.constantFrom(...PARTS), codeUnits), { maxLength: 6 });

/** Any text, of a length that is allowed. */
export const peerIds: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: joined.map((parts) => parts.join('').slice(0, MAX_ID_LENGTH)) },
  { weight: 2, arbitrary: codeUnits },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...PARTS), fc.integer({ min: MAX_ID_LENGTH - 2, max: MAX_ID_LENGTH }))
      .map(([part, length]) => part.repeat(length).slice(0, length)),
  },
);
