/**
 * An event pattern: compiled once from its text, then asked of any number of events.
 *
 * A pattern is a tree like the events it matches: fields with tests at the leaves, and alternatives (`$or`). An event
 * matches when every field does. Where the event has a list, one member must pass; where it has a list of objects, one
 * object must pass all that is asked of it. A dot in a name and a level of nesting mean the same.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
 */
import { type FieldTest, fieldTest, hasWildcard, isObject, type Scalar, type ValueTest } from './tests.ts';
import { InvalidPattern, parseJson } from './text.ts';

export interface Pattern {
  readonly root: Level;
  readonly hasWildcard: boolean;
  readonly matches: (event: unknown) => boolean;
}

export interface Level {
  readonly fields: ReadonlyMap<string, Level | Leaf>;
  /** Of each group one must match. */
  readonly groups: readonly (readonly Level[])[];
}

export interface Leaf {
  readonly path: readonly string[];
  readonly tests: readonly ValueTest[];
  /** Any value will do. */
  readonly exists: boolean;
  /** No value will do, too. */
  readonly absent: boolean;
}

const COMBINATIONS_MAX = 1000;

/** Throws InvalidPattern with AWS's reason. */
export function compilePattern(text: string): Pattern {
  const value = parseJson(text);
  if (!isObject(value)) throw new InvalidPattern('Filter is not an object');
  const reading: Reading = { wildcard: false };
  const root = levelOf(value, [], reading, false);
  if (combinations(root) > COMBINATIONS_MAX) {
    throw new InvalidPattern('Rule is too complex - try using fewer $or combinations');
  }
  return { root, hasWildcard: reading.wildcard, matches: (event) => levelMatches(root, event, event) };
}

interface Reading {
  wildcard: boolean;
}

/** While it is being read. */
interface Draft {
  readonly fields: Map<string, Draft | Leaf>;
  readonly groups: (readonly Level[])[];
}

const isLeaf = (part: Level | Leaf | Draft): part is Leaf => 'tests' in part;

function levelOf(value: Record<string, unknown>, path: readonly string[], reading: Reading, inGroup: boolean): Level {
  const draft: Draft = { fields: new Map(), groups: [] };
  const entries = Object.entries(value);
  if (entries.length === 0) throw new InvalidPattern('Empty objects are not allowed');
  for (const [name, part] of entries) {
    const group = name === '$or' ? groupOf(part, path, reading) : undefined;
    if (group) draft.groups.push(group);
    else addField(draft, name, part, path, reading, inGroup);
  }
  return draft;
}

function addField(
  draft: Draft,
  name: string,
  part: unknown,
  path: readonly string[],
  reading: Reading,
  inGroup: boolean,
): void {
  if (inGroup && RESERVED.has(name)) {
    throw new InvalidPattern(`${name} is Ruler reserved fieldName which cannot be used inside $or.`);
  }
  const steps = name.split('.');
  const last = steps.pop()!;
  let at = draft;
  for (const step of steps) {
    const known = at.fields.get(step);
    const next: Draft = known && !isLeaf(known) ? known : { fields: new Map(), groups: [] };
    at.fields.set(step, next);
    at = next;
  }
  const whole = [...path, ...steps, last];
  if (Array.isArray(part)) at.fields.set(last, leafOf(part, whole, reading));
  else if (isObject(part)) {
    const level = levelOf(part, whole, reading, inGroup) as Draft;
    const known = at.fields.get(last);
    at.fields.set(last, known && !isLeaf(known) ? joined(known, level) : level);
  } else throw new InvalidPattern(`"${name}" must be an object or an array`);
}

const joined = (a: Draft, b: Draft): Draft => ({
  fields: new Map([...a.fields, ...b.fields]),
  groups: [...a.groups, ...b.groups],
});

/** Names that mean something inside a list of tests: an alternative that uses one is taken for a mistake. */
const RESERVED = new Set([
  ...['exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard', 'numeric', 'cidr'],
  ...['=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case', 'date-after', 'date-on-or-after'],
  ...['date-before', 'date-on-or-before', 'in-date-range', 'ip-address-in-range', 'ip-address-not-in-range'],
]);

/** Undefined: `$or` is a field like any other here. */
function groupOf(value: unknown, path: readonly string[], reading: Reading): readonly Level[] | undefined {
  if (isObject(value)) return undefined;
  if (!Array.isArray(value)) throw new InvalidPattern('It must be an Array followed with $or.');
  if (!value.every(isObject)) {
    throw new InvalidPattern('Only JSON object is allowed in array of $or relationship.');
  }
  if (value.length < 2) throw new InvalidPattern('There must have at least 2 Objects in $or relationship.');
  return value.map((each) => levelOf(each, path, reading, true));
}

function leafOf(items: readonly unknown[], path: readonly string[], reading: Reading): Leaf {
  if (items.length === 0) throw new InvalidPattern('Empty arrays are not allowed');
  const tests: FieldTest[] = items.map(fieldTest);
  if (items.some(hasWildcard)) reading.wildcard = true;
  return {
    path,
    tests: tests.filter((test): test is ValueTest => typeof test === 'object'),
    exists: tests.includes('exists'),
    absent: tests.includes('absent'),
  };
}

/** How many plain patterns the alternatives stand for. */
function combinations(level: Level): number {
  let product = 1;
  for (const part of level.fields.values()) if (!isLeaf(part)) product *= combinations(part);
  for (const group of level.groups) product *= group.reduce((sum, each) => sum + combinations(each), 0);
  return product;
}

/** `root`: the whole event, in which a field must be absent wherever it is asked. */
function levelMatches(level: Level, value: unknown, root: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => levelMatches(level, each, root));
  const object = isObject(value) ? value : undefined;
  for (const [name, part] of level.fields) {
    if (isLeaf(part)) {
      if (!leafMatches(part, object && own(object, name), root)) return false;
    } else if (!levelMatches(part, object && below(object, name), root)) return false;
  }
  for (const group of level.groups) if (!group.some((each) => levelMatches(each, value, root))) return false;
  return true;
}

function leafMatches(leaf: Leaf, value: unknown, root: unknown): boolean {
  if (value !== undefined && anyPasses(leaf, value)) return true;
  return leaf.absent && !isPresent(root, leaf.path, 0);
}

function anyPasses(leaf: Leaf, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((each) => anyPasses(leaf, each));
  if (typeof value === 'object' && value !== null) return false;
  if (leaf.exists) return true;
  for (const test of leaf.tests) if (test.passes(value as Scalar)) return true;
  return false;
}

/** Whether the event has a value at the path, anywhere. */
function isPresent(value: unknown, path: readonly string[], step: number): boolean {
  if (Array.isArray(value)) return value.some((each) => isPresent(each, path, step));
  if (step === path.length) return !isObject(value) && value !== undefined;
  if (!isObject(value)) return false;
  const next = below(value, path[step]!);
  return next !== undefined && isPresent(next, path, step + 1);
}

const own = (object: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** What is under a name, also where a dotted name says so. */
export const below = (object: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : dotted(object, name);

/** `{"a.b": 1}` seen as `{"a": {"b": 1}}`: what is under `a`. */
function dotted(object: Record<string, unknown>, name: string): Record<string, unknown> | undefined {
  let found: Record<string, unknown> | undefined;
  for (const key in object) {
    if (key.length > name.length && key.charCodeAt(name.length) === 0x2e && key.startsWith(name)) {
      found ??= {};
      found[key.slice(name.length + 1)] = object[key];
    }
  }
  return found;
}
