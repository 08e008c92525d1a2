/**
 * Patterns of messages: texts of one structure, in which some words vary. A message joins the pattern of its structure
 * (the signs between its words) that has most words in common with it; where its words differ from the pattern's, the
 * pattern varies from then on. What has a digit in it varies from the beginning.
 */
import { createHash } from 'node:crypto';
import { isLevel, severityOf, type Token, type Tokens, tokensOf } from './tokens.ts';

/** A word that is always the same, or the kind of value that stands in its place. */
export type Part = { readonly text: string } | { readonly kind: string };

/** Plain data: it can be kept. */
export interface Pattern {
  /** 32 hexadecimal digits, of what the pattern was when it was new. */
  readonly id: string;
  readonly signs: readonly string[];
  parts: Part[];
  count: number;
  /** Of parts that vary: how often each value was seen, of the first ones. Null: there are too many to count. */
  values: (Record<string, number> | null)[];
}

const VALUES_MAX = 10;
/** How much of a message must be as in the pattern, of words that do not vary. */
const ALIKE = 0.6;

export interface Patterns {
  /** The pattern of a message; undefined when there are too many patterns already and it is of none. */
  add(message: string): Pattern | undefined;
  /** The pattern it would join; nothing is changed. */
  find(message: string): Pattern | undefined;
  all(): readonly Pattern[];
}

export function patternsOf(known: readonly Pattern[], most: number): Patterns {
  const byStructure = new Map<string, Pattern[]>();
  const patterns: Pattern[] = [];
  const keep = (pattern: Pattern) => {
    const key = pattern.signs.join('\u0000');
    const list = byStructure.get(key);
    if (list) list.push(pattern);
    else byStructure.set(key, [pattern]);
    patterns.push(pattern);
  };
  known.forEach(keep);
  const closest = ({ signs, words }: Tokens): Pattern | undefined => {
    let best: Pattern | undefined;
    let bestScore = ALIKE;
    for (const pattern of byStructure.get(signs.join('\u0000')) ?? []) {
      const score = likeness(pattern.parts, words);
      if (score >= bestScore && (score > bestScore || !best)) [best, bestScore] = [pattern, score];
    }
    return best;
  };
  return {
    all: () => patterns,
    find: (message) => closest(tokensOf(message)),
    add(message) {
      const tokens = tokensOf(message);
      const found = closest(tokens);
      if (found) join(found, tokens.words);
      else if (patterns.length >= most) return undefined;
      const pattern = found ?? newPattern(tokens);
      if (!found) keep(pattern);
      pattern.count++;
      return pattern;
    },
  };
}

/** From 0 to 1; of a level that differs nothing is alike. */
function likeness(parts: readonly Part[], words: readonly Token[]): number {
  let fixed = 0;
  let same = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const word = words[i]!;
    if (!('text' in part)) continue;
    fixed++;
    if (part.text === word.text) same++;
    else if (isLevel(part.text) || isLevel(word.text)) return 0;
  }
  return fixed === 0 ? 1 : same / fixed;
}

function newPattern({ signs, words }: Tokens): Pattern {
  const parts = words.map(({ text, kind }): Part => (kind === undefined ? { text } : { kind }));
  const shape = JSON.stringify([signs, parts]);
  return {
    id: createHash('sha256').update(shape).digest('hex').slice(0, 32),
    signs,
    parts,
    count: 0,
    values: words.map(({ text, kind }) => (kind === undefined ? null : { [text]: 1 })),
  };
}

function join(pattern: Pattern, words: readonly Token[]): void {
  for (let i = 0; i < words.length; i++) {
    const part = pattern.parts[i]!;
    const { text, kind = '' } = words[i]!;
    if ('text' in part) {
      if (part.text === text) continue;
      pattern.parts[i] = { kind: '' };
      pattern.values[i] = { [part.text]: pattern.count };
    } else if (part.kind !== kind) pattern.parts[i] = { kind: '' };
    countValue(pattern, i, text);
  }
}

function countValue({ values }: Pattern, at: number, text: string): void {
  const counts = values[at];
  if (!counts) return;
  if (Object.hasOwn(counts, text)) counts[text]!++;
  else if (Object.keys(counts).length < VALUES_MAX && text !== '__proto__') counts[text] = 1;
  else values[at] = null;
}

/** What a varying part is called: by its kind, or by the word before it. */
export function nameOf({ parts, signs }: Pattern, at: number): string {
  const part = parts[at]!;
  if ('text' in part) return '';
  if (part.kind !== '') return part.kind;
  const before = at > 0 ? parts[at - 1] : undefined;
  const named = before && 'text' in before && /^["']?\s*[:=]/.test(signs[at]!) ? before.text.replaceAll(/\W/g, '') : '';
  return /^[A-Za-z]\w{0,29}$/.test(named) ? named[0]!.toUpperCase() + named.slice(1) : 'Token';
}

/** `[INFO] Request time: <Time-1> ms` */
export function patternText(pattern: Pattern): string {
  let number = 0;
  return between(pattern, (part, i) => ('text' in part ? part.text : `<${nameOf(pattern, i)}-${++number}>`));
}

export const patternRegex = (pattern: Pattern): string =>
  between(pattern, (part) => ('text' in part ? escaped(part.text) : '.*'), escaped);

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const between = (
  { parts, signs }: Pattern,
  show: (part: Part, at: number) => string,
  sign: (text: string) => string = (text) => text,
): string => parts.map((part, i) => sign(signs[i]!) + show(part, i)).join('') + sign(signs.at(-1)!);

export const patternSeverity = (pattern: Pattern): string =>
  severityOf(between(pattern, (part) => ('text' in part ? part.text : '')));
