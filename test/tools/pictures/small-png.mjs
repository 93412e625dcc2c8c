/** Makes a screenshot small: 256 colours are plenty for a page, and take a third of the bytes. */

import { deflateSync, inflateSync, crc32 } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Bits by which colours are distinguished while they are counted. */
const COARSE = 0xfcfcfc;

/** @param png 8 bits a channel, RGB or RGBA without transparency, not interlaced: what Chromium writes */
export function smallPng(png) {
  const { width, height, channels, packed } = parse(png);
  const bytes = unfilter(inflateSync(packed), width, height, channels);
  const counts = new Map();
  const colours = new Uint32Array(width * height);
  for (let i = 0; i < colours.length; i++) {
    const at = i * channels;
    const colour = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
    colours[i] = colour;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const { palette, indexOf } = reduce(counts);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rows[y * (width + 1) + 1 + x] = indexOf.get(colours[y * width + x]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((c) => [c >> 16, (c >> 8) & 255, c & 255]))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The most frequent colours, one for each group that looks the same; all others go to the nearest. */
function reduce(counts) {
  const palette = [];
  const taken = new Set();
  for (const [colour] of Array.from(counts).toSorted((a, b) => b[1] - a[1])) {
    if (palette.length === 256) break;
    if (palette.length > 32 && taken.has(colour & COARSE)) continue;
    taken.add(colour & COARSE);
    palette.push(colour);
  }
  const indexOf = new Map();
  for (const colour of counts.keys()) {
    const distances = palette.map((each) => distance(each, colour));
    indexOf.set(colour, distances.indexOf(Math.min(...distances)));
  }
  return { palette, indexOf };
}

function distance(a, b) {
  const [r, g, c] = [16, 8, 0].map((shift) => ((a >> shift) & 255) - ((b >> shift) & 255));
  return r * r + g * g + c * c;
}

function parse(png) {
  const parts = [];
  let header;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = data;
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const [depth, kind, , , interlaced] = header.subarray(8);
  const channels = { 2: 3, 6: 4 }[kind];
  if (depth !== 8 || channels === undefined || interlaced !== 0)
    throw new Error(`a PNG of another make: depth ${depth}, kind ${kind}`);
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    channels,
    packed: Buffer.concat(parts),
  };
}

/** PNG specification, section 9: each row was written as differences from its neighbours. */
function unfilter(rows, width, height, channels) {
  const length = width * channels;
  const out = Buffer.alloc(length * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (length + 1)];
    for (let x = 0; x < length; x++) {
      const left = x >= channels ? out[y * length + x - channels] : 0;
      const up = y > 0 ? out[(y - 1) * length + x] : 0;
      const corner = y > 0 && x >= channels ? out[(y - 1) * length + x - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[y * length + x] = rows[y * (length + 1) + 1 + x] + guess;
    }
  }
  return out;
}

function paeth(left, up, corner) {
  const [a, b, c] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
