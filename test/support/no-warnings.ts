/** Part of every test file: Node has nothing to warn of, such as a listener too many or a timer that overflows. */

import { afterAll, expect } from 'vitest';

const warnings: string[] = [];
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));

afterAll(() => expect(warnings).toEqual([]));
