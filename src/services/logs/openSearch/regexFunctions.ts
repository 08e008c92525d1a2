/** Functions of regular expressions of OpenSearch SQL and PPL, and `like`, which is one. Places count from one. */
import { compileRegex, type Regex } from '../../../patterns/regex/index.ts';
import { QueryTooLarge } from '../insights/budget.ts';
import type { Fn } from '../insights/functions.ts';
import { matchesIn, replacedMatches, short } from '../insights/texts.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { likeSource } from './like.ts';
import { ofText } from './makers.ts';
import { said } from './values.ts';

const text = (value: Value | undefined) => said(value ?? null) ?? '';
const whole = (value: Value | undefined, standard = 0) => Math.trunc(numberOf(value ?? null) ?? standard);

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

const groupOf = (value: string, places: ArrayLike<number>, group: number): string | undefined => {
  const from = places[2 * group] ?? -1;
  return from < 0 ? undefined : value.slice(from, places[2 * group + 1]);
};

function extracted(value: string, pattern: Value, group?: Value): Value {
  const places = regexOf(text(pattern)).exec(value);
  return (places && groupOf(value, places, group === undefined ? 1 : whole(group, 1))) ?? '';
}

const PARTS_MAX = 10_000;

/** Splits by a regular expression; `limit`: so many parts at most. */
function split(value: string, pattern: Value, limit?: Value): string[] {
  const most = limit === undefined || whole(limit) <= 0 ? PARTS_MAX : Math.min(whole(limit), PARTS_MAX);
  const parts: string[] = [];
  let at = 0;
  for (const { 0: begin = 0, 1: end = 0 } of matchesIn(value, regexOf(text(pattern)))) {
    if (parts.length >= most - 1) break;
    if (end === begin && (begin === 0 || begin >= value.length)) continue;
    parts.push(value.slice(at, begin));
    at = end;
  }
  parts.push(value.slice(at));
  return parts;
}

function replacement(value: string, pattern: Value, by: Value, from?: Value): string {
  const start = Math.max(0, whole(from, 1) - 1);
  return short(value.slice(0, start) + replacedMatches(value.slice(start), regexOf(text(pattern)), text(by)));
}

const like = (fold: (value: string) => string): Fn =>
  ofText(2, 2, (value, pattern) => regexOf(likeSource(fold(text(pattern)))).test(fold(value)));
const rlike = ofText(2, 2, (value, pattern) => regexOf(text(pattern)).test(value));

export const regexFunctions: Readonly<Record<string, Fn>> = {
  like: like((value) => value),
  ilike: like((value) => value.toLowerCase()),
  rlike,
  regexp_like: rlike,
  regexp_extract: ofText(2, 3, extracted),
  regexp_extract_all: ofText(2, 3, (value, pattern, group) =>
    [...matchesIn(value, regexOf(text(pattern)))].map((places) => groupOf(value, places, whole(group, 1)) ?? ''),
  ),
  regexp_count: ofText(2, 2, (value, pattern) => [...matchesIn(value, regexOf(text(pattern)))].length),
  regexp_instr: ofText(2, 2, (value, pattern) => (regexOf(text(pattern)).exec(value)?.[0] ?? -1) + 1),
  regexp_substr: ofText(2, 2, (value, pattern) => {
    const places = regexOf(text(pattern)).exec(value);
    return (places && groupOf(value, places, 0)) ?? null;
  }),
  regexp_replace: ofText(3, 4, replacement),
  split: ofText(2, 3, split),
};
