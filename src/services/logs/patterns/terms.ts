/** Unstructured patterns: terms that a message must hold, may hold (`?`) or must not hold (`-`). */
import { type FilterPattern, invalid, quotedAt, type Reader, regexAt, skipSpace } from './pattern.ts';

type Role = 'must' | 'may' | 'mustNot';
type Holds = (message: string) => boolean;

export function termsPattern(text: string): FilterPattern {
  const reader: Reader = { text, at: 0, regexes: 0 };
  const terms: Record<Role, Holds[]> = { must: [], may: [], mustNot: [] };
  for (skipSpace(reader); reader.at < text.length; skipSpace(reader)) {
    const role = roleAt(reader);
    terms[role].push(termAt(reader));
    if (reader.at < text.length && !/\s/.test(text[reader.at]!)) invalid('terms are separated by spaces');
  }
  return {
    kind: 'terms',
    regexes: reader.regexes,
    matches: ({ message }) => holds(terms, message),
    extract: () => ({}),
    value: () => undefined,
  };
}

/** Optional terms count only when there are no others. */
function holds({ must, may, mustNot }: Record<Role, Holds[]>, message: string): boolean {
  if (must.length === 0 && mustNot.length === 0 && may.length > 0) return may.some((term) => term(message));
  return must.every((term) => term(message)) && !mustNot.some((term) => term(message));
}

function roleAt(reader: Reader): Role {
  const sign = reader.text[reader.at];
  if (sign !== '?' && sign !== '-') return 'must';
  reader.at++;
  return sign === '?' ? 'may' : 'mustNot';
}

/** A term without quotation marks has letters, digits and underscores only. */
const BARE = /[\p{L}\p{N}_]/u;

function termAt(reader: Reader): Holds {
  const sign = reader.text[reader.at];
  if (sign === '%') {
    reader.at++;
    const regex = regexAt(reader);
    return (message) => regex.test(message);
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
