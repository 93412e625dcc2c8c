/** Colours, or none. */

export type Paint = (style: Style, text: string) => string;
export type Style = keyof typeof CODES;

// SGR parameters (ECMA-48 8.3.117): only what every terminal has had for decades.
const CODES = { plain: '', bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' };

/** With `colours` false, text comes back as it is. */
export function createPaint(colours: boolean): Paint {
  return (style, text) =>
    colours && text !== '' && CODES[style] !== ''
      ? `\u001B[${CODES[style]}m${text}\u001B[0m`
      : text;
}
