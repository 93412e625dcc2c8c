/** What the events of the benchmark say: known to the server that sends it and to the process that counts it. */

const SAYINGS = {
  ascii: 'The quick brown fox jumps over the lazy dog, and then once more. ',
  // Three bytes a letter: decoders have short ways for ASCII, and none for these.
  han: '敏捷的棕色狐狸跳过了那只懒狗，然后又跳了一次。',
};

/** As much of the saying, again and again, as fits into `size` bytes of UTF-8; ASCII fills the rest. */
export function eventText(size, script) {
  const bytes = Buffer.from(SAYINGS[script].repeat(Math.ceil(size / SAYINGS[script].length)));
  let end = size;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end) + '.'.repeat(size - end);
}
