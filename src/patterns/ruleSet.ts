/**
 * Many patterns asked of one event. Each pattern is filed under the values that one of its fields must have (the field
 * whose values the fewest other patterns share), so that an event is held only against the patterns that it may match.
 * A pattern without such values is filed under a field all the same: its test of that field is asked first.
 */
import { below, type Leaf, type Level, type Pattern } from './pattern.ts';
import { isObject, type Mark, type Scalar } from './tests.ts';

export interface RuleSet<Rule> {
  /** The rules whose pattern matches, in the order in which they were given. */
  readonly matching: (event: unknown) => readonly Rule[];
}

export interface PatternRule<Rule> {
  readonly pattern: Pattern;
  readonly rule: Rule;
}

export function ruleSetOf<Rule>(rules: readonly PatternRule<Rule>[]): RuleSet<Rule> {
  const choices = rules.map(({ pattern }) => anchorsOf(pattern.root));
  const popularity = new Map<string, number>();
  for (const { leaf, marks } of choices.flat()) {
    for (const mark of marks ?? []) add(popularity, keyOf(leaf, mark));
  }
  const shelves = new Map<string, Shelf>();
  const always: number[] = [];
  for (const [index, anchors] of choices.entries()) {
    const anchor = rarest(anchors, popularity);
    if (anchor) file(shelves, anchor, index);
    else always.push(index);
  }
  const all = [...shelves.values()];
  return { matching: (event) => matching(rules, all, always, event) };
}

interface Anchor {
  readonly leaf: Leaf;
  /** Absent: its values cannot be looked up. */
  readonly marks: readonly Mark[] | undefined;
}

/** The patterns that are filed under values of one field. */
interface Shelf {
  readonly path: readonly string[];
  readonly is: Map<Scalar, number[]>;
  /** By length, so that a value's beginning of that length is looked up. */
  readonly begins: Map<number, Map<string, number[]>>;
  readonly ends: Map<number, Map<string, number[]>>;
  readonly small: Map<string, number[]>;
  readonly asked: { readonly leaf: Leaf; readonly index: number }[];
}

/** The fields that every matching event has. */
function anchorsOf(level: Level): Anchor[] {
  const anchors: Anchor[] = [];
  for (const part of level.fields.values()) {
    if (!('tests' in part)) anchors.push(...anchorsOf(part));
    else if (!part.absent) anchors.push({ leaf: part, marks: marksOf(part) });
  }
  return anchors;
}

function marksOf({ tests, exists }: Leaf): readonly Mark[] | undefined {
  const marks = tests.flatMap(({ mark }) => (mark ? [mark] : []));
  return marks.length === tests.length && !exists ? marks : undefined;
}

function rarest(anchors: readonly Anchor[], popularity: ReadonlyMap<string, number>): Anchor | undefined {
  const cost = ({ leaf, marks }: Anchor) =>
    marks?.reduce((sum, mark) => sum + (popularity.get(keyOf(leaf, mark)) ?? 0), 0) ?? Number.POSITIVE_INFINITY;
  let best: Anchor | undefined;
  for (const anchor of anchors) if (!best || cost(anchor) < cost(best)) best = anchor;
  return best;
}

const keyOf = ({ path }: Leaf, { kind, value }: Mark) => `${path.join('.')} ${kind} ${typeof value} ${value}`;

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function file(shelves: Map<string, Shelf>, { leaf, marks }: Anchor, index: number): void {
  const name = leaf.path.join('.');
  const shelf = shelves.get(name) ?? emptyShelf(leaf.path);
  shelves.set(name, shelf);
  if (!marks) shelf.asked.push({ leaf, index });
  for (const { kind, value } of marks ?? []) {
    if (kind === 'is') put(shelf.is, value, index);
    else if (kind === 'small') put(shelf.small, String(value), index);
    else {
      const part = String(value);
      const byText = shelf[kind].get(part.length) ?? new Map<string, number[]>();
      shelf[kind].set(part.length, byText);
      put(byText, part, index);
    }
  }
}

const emptyShelf = (path: readonly string[]): Shelf => ({
  path,
  is: new Map(),
  begins: new Map(),
  ends: new Map(),
  small: new Map(),
  asked: [],
});

function put<K>(map: Map<K, number[]>, key: K, index: number): void {
  const list = map.get(key);
  if (!list) map.set(key, [index]);
  else if (list.at(-1) !== index) list.push(index);
}

function matching<Rule>(
  rules: readonly PatternRule<Rule>[],
  shelves: readonly Shelf[],
  always: readonly number[],
  event: unknown,
): Rule[] {
  const candidates = new Set(always);
  for (const shelf of shelves) visit(event, shelf.path, 0, (value) => takeFrom(shelf, value, candidates));
  const found: number[] = [];
  for (const index of candidates) if (rules[index]!.pattern.matches(event)) found.push(index);
  if (found.length > 1) found.sort((a, b) => a - b);
  return found.map((index) => rules[index]!.rule);
}

function takeFrom(shelf: Shelf, value: Scalar, candidates: Set<number>): void {
  take(shelf.is.get(value), candidates);
  for (const { leaf, index } of shelf.asked) if (mayPass(leaf, value)) candidates.add(index);
  if (typeof value !== 'string') return;
  for (const [length, texts] of shelf.begins) {
    if (length <= value.length) take(texts.get(value.slice(0, length)), candidates);
  }
  for (const [length, texts] of shelf.ends) {
    if (length <= value.length) take(texts.get(value.slice(value.length - length)), candidates);
  }
  if (shelf.small.size > 0) take(shelf.small.get(value.toLowerCase()), candidates);
}

function mayPass({ exists, tests }: Leaf, value: Scalar): boolean {
  if (exists) return true;
  for (const { passes } of tests) if (passes(value)) return true;
  return false;
}

function take(indexes: readonly number[] | undefined, candidates: Set<number>): void {
  if (indexes) for (const index of indexes) candidates.add(index);
}

/** All values at a path. */
function visit(value: unknown, path: readonly string[], step: number, each: (value: Scalar) => void): void {
  if (Array.isArray(value)) for (const one of value) visit(one, path, step, each);
  else if (!isObject(value)) {
    if (step === path.length && value !== undefined) each(value as Scalar);
  } else if (step < path.length) {
    visit(below(value, path[step]!), path, step + 1, each);
  }
}
