/** String functions of Logs Insights. */
import { createHash } from 'node:crypto';
import type { Fn } from './functions.ts';
import { replacedText, short } from './texts.ts';
import { numberOf, textOf, type Value } from './values.ts';

type OfText = (text: string, ...rest: Value[]) => Value;

/** Of a text: null where the first value is none. */
const text = (least: number, most: number, run: OfText): Fn => ({
  least,
  most,
  run(value = null, ...rest) {
    const found = textOf(value);
    return found === undefined ? null : run(found, ...rest);
  },
});

const string = (value: Value | undefined) => textOf(value ?? null) ?? '';

const isSpace = (char: string) => /\s/.test(char);

function trimmed(value: string, chars: string | undefined, left: boolean, right: boolean): string {
  const goes = chars === undefined ? isSpace : (char: string) => chars.includes(char);
  let from = 0;
  let to = value.length;
  while (left && from < to && goes(value[from]!)) from++;
  while (right && to > from && goes(value[to - 1]!)) to--;
  return value.slice(from, to);
}

const trim = (left: boolean, right: boolean): Fn =>
  text(1, 2, (value, chars) => trimmed(value, chars === undefined ? undefined : string(chars), left, right));

function substr(value: string, from: Value = 0, length?: Value): Value {
  const start = Math.max(0, Math.trunc(numberOf(from) ?? 0));
  const count = length === undefined ? undefined : numberOf(length);
  return length === undefined ? value.slice(start) : value.slice(start, start + Math.max(0, Math.trunc(count ?? 0)));
}

function decoded(value: string): Value {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

const hash = (algorithm: string): Fn => text(1, 1, (value) => createHash(algorithm).update(value).digest('hex'));

const flag = (condition: boolean) => (condition ? 1 : 0);

const contains = (value: string, wanted: Value | undefined, ignoreCase: Value | undefined): number =>
  ignoreCase === true
    ? flag(value.toLowerCase().includes(string(wanted).toLowerCase()))
    : flag(value.includes(string(wanted)));

export const textFunctions: Readonly<Record<string, Fn>> = {
  isempty: { least: 1, most: 1, run: (value = null) => flag(string(value) === '') },
  isblank: { least: 1, most: 1, run: (value = null) => flag(string(value).trim() === '') },
  concat: { least: 1, most: 100, run: (...values) => short(values.map(string).join('')) },
  trim: trim(true, true),
  ltrim: trim(true, false),
  rtrim: trim(false, true),
  strlen: text(1, 1, (value) => Array.from(value).length),
  toupper: text(1, 1, (value) => value.toUpperCase()),
  tolower: text(1, 1, (value) => value.toLowerCase()),
  substr: text(2, 3, substr),
  replace: text(3, 3, (value, search, by) => replacedText(value, string(search), string(by))),
  strcontains: text(2, 3, (value, wanted, ignoreCase) => contains(value, wanted, ignoreCase)),
  startswith: text(2, 2, (value, wanted) => flag(value.startsWith(string(wanted)))),
  endswith: text(2, 2, (value, wanted) => flag(value.endsWith(string(wanted)))),
  urlencode: text(1, 1, (value) => encodeURIComponent(value.toWellFormed())),
  urldecode: text(1, 1, decoded),
  base64encode: text(1, 1, (value) => Buffer.from(value).toString('base64')),
  base64decode: text(1, 1, (value) => Buffer.from(value, 'base64').toString()),
  split: text(2, 2, (value, by) => (string(by) === '' ? [value] : value.split(string(by)))),
  hextoascii: text(1, 1, (value) =>
    /^(0x)?([0-9a-f]{2})*$/i.test(value) ? Buffer.from(value.replace(/^0x/i, ''), 'hex').toString('latin1') : null,
  ),
  hextodec: text(1, 1, (value) =>
    /^(0x)?[0-9a-f]{1,13}$/i.test(value) ? Number.parseInt(value.replace(/^0x/i, ''), 16) : null,
  ),
  dectohex: {
    least: 1,
    most: 1,
    run(value = null) {
      const number = numberOf(value);
      if (number === undefined) return null;
      const integer = Math.trunc(number);
      return `${integer < 0 ? '-' : ''}0x${Math.abs(integer).toString(16)}`;
    },
  },
  messagesize: text(1, 1, (value) => Buffer.byteLength(value)),
  md5: hash('md5'),
  sha256: hash('sha256'),
};
