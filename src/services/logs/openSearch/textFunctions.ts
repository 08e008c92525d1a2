/** String functions of OpenSearch SQL and PPL. Places count from one. */
import { compileRegex, type Regex } from '../../../patterns/regex/index.ts';
import { QueryTooLarge } from '../insights/budget.ts';
import type { Fn } from '../insights/functions.ts';
import { replaced } from '../insights/specials.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { likeSource } from './like.ts';
import { any, LENGTH_MAX, ofText, short, strict } from './makers.ts';
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

const regexes = new Map<string, Regex>();
const REGEXES_MAX = 200;

/** @throws QueryTooLarge for what is none */
export function regexOf(source: string): Regex {
  const known = regexes.get(source);
  if (known) return known;
  const made = compileRegex(source, 'query');
  if ('problem' in made) throw new QueryTooLarge(`invalid regular expression: ${made.problem}`);
  if (regexes.size >= REGEXES_MAX) regexes.clear();
  regexes.set(source, made);
  return made;
}

function extracted(value: string, pattern: Value, group?: Value): Value {
  const places = regexOf(text(pattern)).exec(value);
  const index = group === undefined ? 1 : whole(group, 1);
  if (!places || index < 0) return '';
  const from = places[2 * index] ?? -1;
  return from < 0 ? '' : value.slice(from, places[2 * index + 1]);
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

/** Splits by a regular expression; `limit`: so many parts at most. */
function split(value: string, pattern: Value, limit?: Value): string[] {
  const regex = regexOf(text(pattern));
  const most = limit === undefined || whole(limit) <= 0 ? PARTS_MAX : Math.min(whole(limit), PARTS_MAX);
  const parts: string[] = [];
  let at = 0;
  let from = 0;
  while (parts.length < most - 1 && from <= value.length) {
    const found = regex.exec(value, from);
    if (!found) break;
    const [begin = 0, end = 0] = found;
    from = end === begin ? end + 1 : end;
    if (end === begin && (begin === 0 || begin >= value.length)) continue;
    parts.push(value.slice(at, begin));
    at = end;
  }
  parts.push(value.slice(at));
  return parts;
}

const PARTS_MAX = 10_000;
const locate = (wanted: string, value: Value, from?: Value) =>
  text(value).indexOf(wanted, Math.max(0, whole(from, 1) - 1)) + 1;
const joined: Fn = ofText(1, 100, (separator, ...rest) =>
  short(
    rest
      .flatMap((value) => (Array.isArray(value) ? value.map((each) => text(each as Value)) : [text(value)]))
      .join(separator),
  ),
);

export const textFunctions: Readonly<Record<string, Fn>> = {
  like: ofText(2, 2, (value, pattern) => regexOf(likeSource(text(pattern))).test(value)),
  ilike: ofText(2, 2, (value, pattern) => regexOf(likeSource(text(pattern).toLowerCase())).test(value.toLowerCase())),
  rlike: ofText(2, 2, (value, pattern) => regexOf(text(pattern)).test(value)),
  regexp_like: ofText(2, 2, (value, pattern) => regexOf(text(pattern)).test(value)),
  regexp_extract: ofText(2, 3, extracted),
  regexp_replace: ofText(3, 3, (value, pattern, by) => short(replaced(value, regexOf(text(pattern)), text(by)))),
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
  replace: ofText(2, 3, (value, wanted, by) =>
    text(wanted) === '' ? value : short(value.split(text(wanted)).join(text(by))),
  ),
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
  split: ofText(2, 3, split),
  ascii: ofText(1, 1, (value) => value.codePointAt(0) ?? 0),
  chr: strict(1, 1, (code) => (whole(code) < 0 ? '' : String.fromCharCode(whole(code) % 256))),
  char: strict(1, 1, (code) => (whole(code) < 0 ? '' : String.fromCharCode(whole(code) % 256))),
  base64: ofText(1, 1, (value) => Buffer.from(value).toString('base64')),
  unbase64: ofText(1, 1, (value) => Buffer.from(value, 'base64').toString()),
  isempty: any(1, 1, (value) => text(value) === ''),
  isblank: any(1, 1, (value) => text(value).trim() === ''),
};
