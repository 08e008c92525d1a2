/** String functions of OpenSearch SQL and PPL. Places count from one. */
import type { Fn } from '../insights/functions.ts';
import { joinedTexts, LENGTH_MAX, replacedText, short } from '../insights/texts.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { any, ofText, strict } from './makers.ts';
import { said } from './values.ts';

const text = (value: Value | undefined) => said(value ?? null) ?? '';
const whole = (value: Value | undefined, standard = 0) => Math.trunc(numberOf(value ?? null) ?? standard);
const characters = (value: string) => Array.from(value);

function trimmed(value: string, chars: string, left: boolean, right: boolean): string {
  let from = 0;
  let to = value.length;
  while (left && from < to && chars.includes(value[from]!)) from++;
  while (right && to > from && chars.includes(value[to - 1]!)) to--;
  return value.slice(from, to);
}

const trim = (left: boolean, right: boolean): Fn =>
  ofText(1, 2, (value, chars) => trimmed(value, chars === undefined ? ' \t\r\n' : text(chars), left, right));

function substring(value: string, from: Value, length?: Value): string {
  const start = whole(from);
  const begin = start > 0 ? start - 1 : start < 0 ? Math.max(0, value.length + start) : 0;
  return length === undefined ? value.slice(begin) : value.slice(begin, begin + Math.max(0, whole(length)));
}

function padded(value: string, length: Value, by: Value | undefined, left: boolean): string {
  const size = Math.min(Math.max(0, whole(length)), LENGTH_MAX);
  const filler = by === undefined ? ' ' : text(by);
  if (size <= value.length || filler === '') return value.slice(0, size);
  return left ? value.padStart(size, filler) : value.padEnd(size, filler);
}

const WORDS = /[^\s]+/g;
const initials = (value: string) =>
  value.toLowerCase().replace(WORDS, (found) => found[0]!.toUpperCase() + found.slice(1));

function part(value: string, by: Value, number: Value): Value {
  const parts = text(by) === '' ? [value] : value.split(text(by));
  const index = whole(number);
  return index === 0 ? null : ((index > 0 ? parts[index - 1] : parts.at(index)) ?? '');
}

function translated(value: string, from: Value, to: Value): string {
  const [wanted, by] = [characters(text(from)), characters(text(to))];
  const table = new Map(wanted.map((char, i) => [char, by[i] ?? ''] as const).reverse());
  return characters(value)
    .map((char) => table.get(char) ?? char)
    .join('');
}

const locate = (wanted: string, value: Value, from?: Value) =>
  text(value).indexOf(wanted, Math.max(0, whole(from, 1) - 1)) + 1;
const joined: Fn = ofText(1, 100, (separator, ...rest) =>
  joinedTexts(
    rest.flatMap((value) => (Array.isArray(value) ? value.map((each) => text(each as Value)) : [text(value)])),
    separator,
  ),
);

const FORMAT = /%(?:%|(-?)(0?)(\d*)(?:\.(\d+))?([sdfxXc]))/g;

const PRINTED_MAX = 100;

/** As `printf` does it: `%s`, `%d`, `%f`, `%x`, `%c`. */
function printed(format: Value = null, ...values: Value[]): Value {
  if (format === null) return null;
  let next = 0;
  const made = text(format).replace(
    FORMAT,
    (all, left: string, zero: string, width: string, places: string, kind: string) => {
      if (all === '%%') return '%';
      if (next >= PRINTED_MAX) return all;
      const value = values[next++] ?? null;
      const found = formatted(value, kind, places);
      const size = Math.min(Number(width || 0), 1_000);
      return left ? found.padEnd(size) : found.padStart(size, zero ? '0' : ' ');
    },
  );
  return short(made);
}

function formatted(value: Value, kind: string, places: string | undefined): string {
  if (value === null) return 'null';
  const number = numberOf(value) ?? 0;
  if (kind === 'd') return String(Math.trunc(number));
  if (kind === 'f') return number.toFixed(Math.min(Number(places ?? 6), 20));
  if (kind === 'c') return String.fromCharCode(number);
  if (kind === 's') return places === undefined ? text(value) : text(value).slice(0, Number(places));
  const hex = Math.trunc(number).toString(16);
  return kind === 'X' ? hex.toUpperCase() : hex;
}

function masked(value: string, upper?: Value, lower?: Value, digit?: Value, other?: Value): string {
  const by = (given: Value | undefined, standard: string) => (given === undefined ? standard : text(given));
  return value.replace(/[\s\S]/g, (char) => {
    if (/[A-Z]/.test(char)) return by(upper, 'X');
    if (/[a-z]/.test(char)) return by(lower, 'x');
    return /\d/.test(char) ? by(digit, 'n') : by(other, char);
  });
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]) * (i % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

const SOUNDS: Readonly<Record<string, string>> = Object.fromEntries(
  ['BFPV', 'CGJKQSXZ', 'DT', 'L', 'MN', 'R'].flatMap((letters, i) => [...letters].map((char) => [char, String(i + 1)])),
);

function soundex(value: string): string {
  const letters = value.toUpperCase().slice(0, 100);
  if (!/^[A-Z]/.test(letters)) return value;
  let code = letters[0]!;
  let last = SOUNDS[letters[0]!];
  for (const char of letters.slice(1)) {
    const sound = SOUNDS[char];
    if (sound !== undefined && sound !== last) code += sound;
    if (char !== 'H' && char !== 'W') last = sound;
  }
  return code.slice(0, 4).padEnd(4, '0');
}

/** Longer texts are not compared: it costs the product of their lengths. */
const COMPARED_MAX = 1_000;

function levenshtein(a: string, b: string): number | undefined {
  if (a.length > COMPARED_MAX || b.length > COMPARED_MAX) return undefined;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length];
}

export const textFunctions: Readonly<Record<string, Fn>> = {
  concat: any(1, 100, (...values) => (values.includes(null) ? null : short(values.map(text).join('')))),
  concat_ws: any(1, 100, (separator = null, ...rest) =>
    joined.run(separator, ...rest.filter((value) => value !== null)),
  ),
  length: ofText(1, 1, (value) => characters(value).length),
  len: ofText(1, 1, (value) => characters(value).length),
  char_length: ofText(1, 1, (value) => characters(value).length),
  character_length: ofText(1, 1, (value) => characters(value).length),
  octet_length: ofText(1, 1, (value) => Buffer.byteLength(value)),
  bit_length: ofText(1, 1, (value) => 8 * Buffer.byteLength(value)),
  lower: ofText(1, 1, (value) => value.toLowerCase()),
  lcase: ofText(1, 1, (value) => value.toLowerCase()),
  upper: ofText(1, 1, (value) => value.toUpperCase()),
  ucase: ofText(1, 1, (value) => value.toUpperCase()),
  initcap: ofText(1, 1, initials),
  trim: trim(true, true),
  btrim: trim(true, true),
  ltrim: trim(true, false),
  rtrim: trim(false, true),
  locate: ofText(2, 3, locate),
  instr: ofText(2, 2, (value, wanted) => value.indexOf(text(wanted)) + 1),
  substring: ofText(2, 3, substring),
  substr: ofText(2, 3, substring),
  left: ofText(2, 2, (value, count) => value.slice(0, Math.max(0, whole(count)))),
  right: ofText(2, 2, (value, count) => (whole(count) <= 0 ? '' : value.slice(-whole(count)))),
  reverse: ofText(1, 1, (value) => characters(value).reverse().join('')),
  replace: ofText(2, 3, (value, wanted, by) => replacedText(value, text(wanted), text(by))),
  translate: ofText(3, 3, translated),
  repeat: ofText(2, 2, (value, count) =>
    value.repeat(Math.min(Math.max(0, whole(count)), Math.floor(LENGTH_MAX / Math.max(1, value.length)))),
  ),
  space: strict(1, 1, (count) => ' '.repeat(Math.min(Math.max(0, whole(count)), LENGTH_MAX))),
  lpad: ofText(2, 3, (value, length, by) => padded(value, length, by, true)),
  rpad: ofText(2, 3, (value, length, by) => padded(value, length, by, false)),
  startswith: ofText(2, 2, (value, wanted) => value.startsWith(text(wanted))),
  endswith: ofText(2, 2, (value, wanted) => value.endsWith(text(wanted))),
  contains: ofText(2, 2, (value, wanted) => value.includes(text(wanted))),
  split_part: ofText(3, 3, part),
  substring_index: ofText(3, 3, (value, by, count) => {
    const parts = text(by) === '' ? [''] : value.split(text(by));
    const kept = whole(count) >= 0 ? parts.slice(0, whole(count)) : parts.slice(whole(count));
    return kept.join(text(by));
  }),
  ascii: ofText(1, 1, (value) => value.codePointAt(0) ?? 0),
  chr: strict(1, 1, (code) => (whole(code) < 0 ? '' : String.fromCharCode(whole(code) % 256))),
  char: strict(1, 1, (code) => (whole(code) < 0 ? '' : String.fromCharCode(whole(code) % 256))),
  base64: ofText(1, 1, (value) => Buffer.from(value).toString('base64')),
  unbase64: ofText(1, 1, (value) => Buffer.from(value, 'base64').toString()),
  elt: any(2, 100, (index = null, ...values) => values[whole(index) - 1] ?? null),
  find_in_set: ofText(2, 2, (wanted, set) => (wanted.includes(',') ? 0 : text(set).split(',').indexOf(wanted) + 1)),
  overlay: ofText(3, 4, (value, by, from, length) => {
    const begin = Math.max(0, whole(from) - 1);
    const count = length === undefined || whole(length) < 0 ? text(by).length : whole(length);
    return short(value.slice(0, begin) + text(by) + value.slice(begin + count));
  }),
  format_number: strict(2, 2, (value, places) => {
    const number = numberOf(value);
    const digits = Math.min(Math.max(0, whole(places)), 20);
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return number === undefined ? null : number.toLocaleString('en-US', options);
  }),
  format_string: any(1, 100, printed),
  printf: any(1, 100, printed),
  mask: ofText(1, 5, masked),
  luhn_check: ofText(1, 1, (value) => /^\d{1,1000}$/.test(value) && luhn(value)),
  soundex: ofText(1, 1, soundex),
  levenshtein: ofText(2, 3, (a, other, threshold) => {
    const distance = levenshtein(a, text(other));
    return distance === undefined || (threshold !== undefined && distance > whole(threshold))
      ? distance === undefined
        ? null
        : -1
      : distance;
  }),
  isempty: any(1, 1, (value) => text(value) === ''),
  isblank: any(1, 1, (value) => text(value).trim() === ''),
};
