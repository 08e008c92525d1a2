/** JSON objects that stand one after the other, with nothing or white space between them. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The first ones, at most; undefined where something else is among them. One pass, whatever the bytes are. */
export function jsonValuesIn(bytes: Buffer, most: number): readonly Buffer[] | undefined {
  const values: Buffer[] = [];
  let at = 0;
  while (values.length < most) {
    while (at < bytes.length && isSpace(bytes[at]!)) at += 1;
    if (at === bytes.length) return values;
    const end = bytes[at] === OPEN ? endOf(bytes, at) : undefined;
    if (end === undefined) return undefined;
    values.push(bytes.subarray(at, end));
    at = end;
  }
  return values;
}

/** Behind the brace that closes the one that stands there. */
function endOf(bytes: Buffer, start: number): number | undefined {
  let depth = 0;
  let isText = false;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === OPEN) depth += 1;
    else if (byte === CLOSE && --depth === 0) return at + 1;
  }
  return undefined;
}
