/**
 * `SOURCE`: which log groups a query is about, by their names, or by what their names begin with, their class and tags;
 * and of which time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html
 */

import type { TimeRange } from './draft.ts';
import type { Clock } from './expressions.ts';
import { durationAt } from './periods.ts';
import { need, peekWord, quoted, type Scanner, sign, skip, word, wrong } from './scanner.ts';

export interface Selection {
  /** Names or ARNs; empty: groups are selected by the others. */
  readonly names: readonly string[];
  readonly prefixes: readonly string[];
  readonly classes: readonly string[];
  /** Empty: the caller's own. */
  readonly accounts: readonly string[];
  /** All of them must fit. */
  readonly tags: readonly TagFilter[];
  /** Data sources, as `name` or `name.type`: one of them must fit. */
  readonly sources?: readonly string[] | undefined;
  readonly range?: TimeRange | undefined;
}

export interface TagFilter {
  readonly key: string;
  /** One of them must fit: `*` stands for anything, `!` in front for what does not fit. Empty: any value. */
  readonly values: readonly string[];
}

type Found = { -readonly [K in keyof Selection]: Selection[K] };

type Listed = 'prefixes' | 'classes' | 'accounts';

const LIMITS: Readonly<Record<string, readonly [member: Listed, most: number]>> = {
  nameprefix: ['prefixes', 5],
  class: ['classes', 2],
  loggroupclass: ['classes', 2],
  accountidentifiers: ['accounts', 20],
  accountidentifier: ['accounts', 20],
};
const NAMES_MAX = 50;

export function selectionAt(scanner: Scanner, clock: Clock): Selection {
  const found: Found = { names: [], prefixes: [], classes: [], accounts: [], tags: [] };
  const start = scanner.at;
  const kinds = new Set<string>();
  for (let kind = calledNext(scanner); kind !== undefined; kind = calledNext(scanner)) {
    if (kinds.has(kind)) wrong(scanner);
    kinds.add(kind);
    scanner.at += kind.length;
    KINDS[kind]!(scanner, found);
  }
  if (kinds.size === 0) found.names = namesAt(scanner);
  if (found.names.length > NAMES_MAX) wrong(scanner, `at most ${NAMES_MAX} are allowed here`, start);
  found.range = rangeAt(scanner, clock);
  return { ...found, classes: found.classes.length > 0 ? found.classes : ['STANDARD'] };
}

const KINDS: Readonly<Record<string, (scanner: Scanner, found: Found) => void>> = {
  loggroups: groupsAt,
  loggrouptags: (scanner, found) => {
    found.tags = tagsAt(scanner);
  },
  datasource: (scanner, found) => {
    found.sources = sourcesAt(scanner);
  },
};

function calledNext(scanner: Scanner): string | undefined {
  const name = peekWord(scanner);
  return Object.hasOwn(KINDS, name) && /^\s*\(/.test(scanner.text.slice(scanner.at + name.length, scanner.at + 100))
    ? name
    : undefined;
}

function groupsAt(scanner: Scanner, found: Found): void {
  need(scanner, '(');
  if (sign(scanner, ')')) return;
  do {
    const name = peekWord(scanner);
    const known = LIMITS[name] ?? wrong(scanner);
    scanner.at += name.length;
    need(scanner, ':');
    found[known[0]] = listAt(scanner, known[1]);
  } while (sign(scanner, ','));
  need(scanner, ')');
}

export const SOURCES_MAX = 10;

/** `(['name.type', …])` */
export function sourcesAt(scanner: Scanner): string[] {
  need(scanner, '(');
  const sources = listAt(scanner, SOURCES_MAX);
  need(scanner, ')');
  return sources;
}

function listAt(scanner: Scanner, most: number): string[] {
  need(scanner, '[');
  const items: string[] = [];
  do items.push(quoted(scanner) ?? wrong(scanner));
  while (sign(scanner, ','));
  need(scanner, ']');
  return items.length > most ? wrong(scanner, `at most ${most} are allowed here`) : items;
}

const FILTERS_MAX = 5;

/** `([{"key": "…", "values": ["…"]}, …])` */
function tagsAt(scanner: Scanner): TagFilter[] {
  need(scanner, '(');
  need(scanner, '[');
  const filters: TagFilter[] = [];
  do filters.push(tagAt(scanner));
  while (sign(scanner, ','));
  need(scanner, ']');
  need(scanner, ')');
  return filters.length > FILTERS_MAX ? wrong(scanner, `at most ${FILTERS_MAX} are allowed here`) : filters;
}

function tagAt(scanner: Scanner): TagFilter {
  need(scanner, '{');
  let key: string | undefined;
  let values: string[] = [];
  do {
    const start = scanner.at;
    const member = quoted(scanner);
    need(scanner, ':');
    if (member === 'key') key = quoted(scanner) ?? wrong(scanner);
    else if (member === 'values') values = listAt(scanner, FILTERS_MAX);
    else wrong(scanner, undefined, start);
  } while (sign(scanner, ','));
  need(scanner, '}');
  return key === undefined ? wrong(scanner, 'a tag filter needs a key') : { key, values };
}

const BARE = /[\w./-]+/y;

/** `'a', 'b'`, and further ones after `| SOURCE`. */
function namesAt(scanner: Scanner): string[] {
  const names: string[] = [];
  do names.push(nameAt(scanner));
  while (sign(scanner, ',') || furtherSource(scanner));
  return names;
}

export function nameAt(scanner: Scanner): string {
  skip(scanner);
  if (scanner.text[scanner.at] === '`') {
    const end = scanner.text.indexOf('`', scanner.at + 1);
    if (end < 0) wrong(scanner);
    const name = scanner.text.slice(scanner.at + 1, end);
    scanner.at = end + 1;
    return name;
  }
  const text = quoted(scanner);
  if (text !== undefined) return text;
  BARE.lastIndex = scanner.at;
  const name = BARE.exec(scanner.text)?.[0] ?? wrong(scanner);
  scanner.at += name.length;
  return name;
}

function furtherSource(scanner: Scanner): boolean {
  const start = scanner.at;
  if (sign(scanner, '|') && word(scanner, 'source') && calledNext(scanner) === undefined) return true;
  scanner.at = start;
  return false;
}

/** `start=-1d end=now`, from when the query starts. */
function rangeAt(scanner: Scanner, { started, from, to }: Clock): TimeRange | undefined {
  const range: { -readonly [K in keyof TimeRange]: number } = { from, to };
  let given = false;
  for (;;) {
    const edge = word(scanner, 'start') ? 'from' : word(scanner, 'end') ? 'to' : undefined;
    if (!edge) break;
    need(scanner, '=');
    range[edge] = started + offsetAt(scanner);
    given = true;
  }
  if (!given) return undefined;
  return range.from <= range.to ? range : wrong(scanner, 'the range of time ends before it begins');
}

function offsetAt(scanner: Scanner): number {
  if (word(scanner, 'now')) return 0;
  const negative = sign(scanner, '-');
  const length = durationAt(scanner, 0);
  return negative ? -length : length;
}
