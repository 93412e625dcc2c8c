import { describe, expect, it } from 'vitest';
import { encodeEvent } from '../../src/loopback/encode-event.js';

describe('an event on the wire', () => {
  it('has a line for each line of its data', () => {
    expect(encodeEvent({ data: 'a\r\nid: 9' })).toBe('data: a\ndata: id: 9\n\n');
  });

  it('refuses fields that would forge other fields', () => {
    for (const forged of ['1\ndata: x', '1\r', '1\0']) {
      expect(() => encodeEvent({ id: forged, data: '' })).toThrow(RangeError);
      expect(() => encodeEvent({ event: forged, data: '' })).toThrow(RangeError);
    }
  });
});
