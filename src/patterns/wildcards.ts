/**
 * Wildcards: `*` stands for any text, `\*` and `\\` for themselves. A wildcard is a list of literal parts that must
 * follow one another; each is searched with a table of its own, so that a match costs time linear in the value.
 */
import { InvalidPattern } from './text.ts';

export interface Wildcard {
  /** Literal texts between the stars; without a star there is one. */
  readonly parts: readonly string[];
  readonly tables: readonly (Uint16Array | undefined)[];
}

/** Throws InvalidPattern. */
export function wildcardOf(text: string): Wildcard {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '*') {
      if (text[i + 1] === '*') throw new InvalidPattern(`Consecutive wildcard characters at pos ${i + 1}`);
      parts.push('');
    } else if (char === '\\') {
      const next = text[++i];
      if (next !== '*' && next !== '\\') throw new InvalidPattern(`Invalid escape character at pos ${i}`);
      parts[parts.length - 1] += next;
    } else parts[parts.length - 1] += char;
  }
  if (complexityOf(parts) > COMPLEXITY_MAX) throw new InvalidPattern(TOO_COMPLEX);
  return { parts, tables: parts.map((part) => (part.length > SHORT ? failures(part) : undefined)) };
}

export function matchesWildcard({ parts, tables }: Wildcard, value: string): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (parts.length === 1) return value === first;
  if (value.length < first.length + last.length) return false;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  const end = value.length - last.length;
  let at = first.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const found = find(parts[i]!, tables[i], value, at);
    if (found < 0 || found + parts[i]!.length > end) return false;
    at = found + parts[i]!.length;
  }
  return true;
}

/** Parts of this length and less are searched by the platform. */
const SHORT = 32;

/** Index of `part` in `value` from `from` on, in time linear in both. */
function find(part: string, table: Uint16Array | undefined, value: string, from: number): number {
  if (!table) return value.indexOf(part, from);
  let matched = 0;
  for (let i = from; i < value.length; i++) {
    const char = value.charCodeAt(i);
    while (matched > 0 && part.charCodeAt(matched) !== char) matched = table[matched - 1]!;
    if (part.charCodeAt(matched) === char) matched++;
    if (matched === part.length) return i - matched + 1;
  }
  return -1;
}

/** For each prefix of a text the length of its longest own prefix that also ends it. */
function failures(part: string): Uint16Array {
  const table = new Uint16Array(part.length);
  for (let i = 1, matched = 0; i < part.length; i++) {
    while (matched > 0 && part[matched] !== part[i]) matched = table[matched - 1]!;
    if (part[matched] === part[i]) matched++;
    table[i] = matched;
  }
  return table;
}

const TOO_COMPLEX =
  'Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character';

/** AWS tells no number; this one lets both examples of its guide pass, and refuses what repeats itself much more. */
const COMPLEXITY_MAX = 24;

/**
 * How many beginnings of the wildcard one value can match at once: each star stays open, and behind it each text that
 * repeats itself is begun anew at each repetition.
 */
function complexityOf(parts: readonly string[]): number {
  let complexity = parts.length - 1;
  for (const part of parts.slice(1)) {
    if (part.length > 1) complexity += repetitions(part);
  }
  return complexity;
}

/** How often a text overlaps with itself: 0 for one that never does, its length less one for a run of one letter. */
function repetitions(part: string): number {
  const table = failures(part);
  let most = 0;
  const depths = new Uint16Array(part.length);
  for (let i = 1; i < part.length; i++) {
    depths[i] = table[i] === 0 ? 0 : depths[table[i]! - 1]! + 1;
    most = Math.max(most, depths[i]!);
  }
  return most;
}
