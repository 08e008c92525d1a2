/** Unstructured patterns: terms that a message must hold, may hold (`?`) or must not hold (`-`). */
import type { Fuel } from '../../../patterns/regex/index.ts';
import { type FilterPattern, invalid, quotedAt, type Reader, regexAt, skipSpace, type Test } from './pattern.ts';

type Role = 'must' | 'may' | 'mustNot';

export function termsPattern(text: string): FilterPattern {
  const reader: Reader = { text, at: 0, regexes: 0 };
  const terms: Record<Role, Test[]> = { must: [], may: [], mustNot: [] };
  for (skipSpace(reader); reader.at < text.length; skipSpace(reader)) {
    const role = roleAt(reader);
    terms[role].push(termAt(reader));
    if (reader.at < text.length && !/\s/.test(text[reader.at]!)) invalid('terms are separated by spaces');
  }
  return {
    kind: 'terms',
    regexes: reader.regexes,
    matches: ({ message }, fuel) => holds(terms, message, fuel),
    extract: () => ({}),
    value: () => undefined,
  };
}

/** Optional terms count only when there are no others. */
function holds({ must, may, mustNot }: Record<Role, Test[]>, message: string, fuel: Fuel | undefined): boolean {
  const isIn = (term: Test) => term(message, fuel);
  if (must.length === 0 && mustNot.length === 0 && may.length > 0) return may.some(isIn);
  return must.every(isIn) && !mustNot.some(isIn);
}

function roleAt(reader: Reader): Role {
  const sign = reader.text[reader.at];
  if (sign !== '?' && sign !== '-') return 'must';
  reader.at++;
  return sign === '?' ? 'may' : 'mustNot';
}

/** A term without quotation marks has letters, digits and underscores only. */
const BARE = /[\p{L}\p{N}_]/u;

function termAt(reader: Reader): Test {
  const sign = reader.text[reader.at];
  if (sign === '%') {
    reader.at++;
    const regex = regexAt(reader);
    return (message, fuel) => regex.test(message, fuel);
  }
  if (sign === '"') {
    reader.at++;
    const phrase = quotedAt(reader);
    return phrase.trim() === '' ? () => true : (message) => message.includes(phrase);
  }
  const start = reader.at;
  while (reader.at < reader.text.length && BARE.test(reader.text[reader.at]!)) reader.at++;
  const term = reader.text.slice(start, reader.at);
  if (term === '') invalid('a term with such a character must be in quotation marks');
  return (message) => message.includes(term);
}
