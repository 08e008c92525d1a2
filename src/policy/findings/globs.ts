// Patterns with * and ? compared with each other: does one cover another, can two mean the same text. Sets of patterns
// are asked in time that grows with the text, not with the set, as far as their patterns end in their only wildcard.

import { matchesPattern } from '../match.ts';

/** Patterns whose wildcards stand elsewhere are tried one by one: at most so many of a set. */
const othersMax = 64;

/** A set of patterns that texts and patterns are compared with. */
export interface PatternSet {
  /** A pattern of the set, other than the one asked about, that means all that this one means. */
  covering(pattern: string, index: number): string | undefined;
}

/** Patterns as they stand in a list; the first of equal ones covers the others. */
export function patternSet(patterns: readonly string[]): PatternSet {
  const first = new Map<string, number>();
  const prefixes = new Map<string, number>();
  const others: number[] = [];
  for (const [index, pattern] of patterns.entries()) {
    if (first.has(pattern)) continue;
    first.set(pattern, index);
    const wild = pattern.search(/[*?]/);
    if (wild >= 0 && wild === pattern.length - 1 && pattern.endsWith('*')) prefixes.set(pattern.slice(0, -1), index);
    else if (wild >= 0 && others.length < othersMax) others.push(index);
  }
  const longest = [...prefixes.keys()].reduce((max, prefix) => Math.max(max, prefix.length), 0);
  const byPrefix = (pattern: string, index: number) => {
    for (let length = 0; length <= Math.min(longest, pattern.length); length++) {
      const found = prefixes.get(pattern.slice(0, length));
      if (found !== undefined && found !== index) return patterns[found];
    }
    return undefined;
  };
  return {
    covering(pattern, index) {
      const same = first.get(pattern);
      if (same !== undefined && same !== index) return pattern;
      const prefix = byPrefix(pattern, index);
      if (prefix !== undefined) return prefix;
      const other = others.find((each) => each !== index && covers(patterns[each] ?? '', pattern));
      return other === undefined ? undefined : patterns[other];
    },
  };
}

/** Every text that fits `inner` fits `outer`. Wildcards of `inner` are only covered by a * of `outer`. */
export function covers(outer: string, inner: string): boolean {
  if (!inner.includes('*')) return matchesPattern(outer, inner);
  // A * of the inner pattern is made a character that no literal and no ? of the outer one stands for.
  return matchesPattern(outer.replaceAll('?', '\u0001'), inner.replaceAll('*', '\u0002'));
}

/** Some text fits both patterns. Takes |a| x |b| steps. */
export function overlap(a: string, b: string): boolean {
  let row = new Uint8Array(b.length + 1);
  for (let j = 0, open = true; j <= b.length && open; j++) {
    row[j] = 1;
    open = b[j] === '*';
  }
  for (let i = 0; i < a.length; i++) {
    const next = new Uint8Array(b.length + 1);
    next[0] = a[i] === '*' ? (row[0] ?? 0) : 0;
    for (let j = 0; j < b.length; j++) {
      const [one, other] = [a[i], b[j]];
      const skip = (one === '*' && (row[j + 1] || next[j])) || (other === '*' && (next[j] || row[j + 1]));
      const both = one === other || one === '?' || other === '?';
      next[j + 1] = skip || (both && row[j]) ? 1 : 0;
    }
    row = next;
  }
  return row[b.length] === 1;
}
