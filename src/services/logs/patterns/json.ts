/** JSON patterns: `{ ($.a.b = "x*") && ($.n > 5 || $.list[0] NOT EXISTS) }`. */
import type { Fuel } from '../../../patterns/regex/index.ts';
import {
  eat,
  type FilterPattern,
  invalid,
  numberIn,
  operatorAt,
  quotedAt,
  type Reader,
  type Subject,
  skipSpace,
  type Test,
  testAt,
} from './pattern.ts';

type Condition = (root: object, fuel?: Fuel) => boolean;
type Step = string | number | typeof ANY;
const ANY = Symbol('any');

const BARE = /[A-Za-z0-9_.*+:/@-]/;
const NAME = /[A-Za-z0-9_-]/;
const DEPTH_MAX = 50;
const WILDCARDS_MAX = 3;
const REGEXES_MAX = 2;

interface JsonReader extends Reader {
  depth: number;
  wildcards: number;
  /** Selectors of the pattern, as written. */
  readonly selectors: Map<string, readonly Step[]>;
}

export function jsonPattern(text: string): FilterPattern {
  const reader: JsonReader = { text, at: 0, regexes: 0, depth: 0, wildcards: 0, selectors: new Map() };
  eat(reader, '{');
  const condition = eitherAt(reader);
  if (!eat(reader, '}')) invalid("'}' is missing");
  skipSpace(reader);
  if (reader.at < text.length) invalid("nothing may follow '}'");
  if (reader.wildcards > WILDCARDS_MAX) invalid('too many wildcards');
  if (reader.regexes > REGEXES_MAX) invalid('too many regular expressions');
  return {
    kind: 'json',
    regexes: reader.regexes,
    matches(subject, fuel) {
      const root = subject.json();
      return root !== undefined && condition(root, fuel);
    },
    extract: (subject) => extracted(subject, reader.selectors),
    value: (subject, name) => firstValue(subject, reader.selectors.get(name) ?? selectorIn(name)),
  };
}

function eitherAt(reader: JsonReader): Condition {
  const conditions = [bothAt(reader)];
  while (eat(reader, '||')) conditions.push(bothAt(reader));
  if (conditions.length === 1) return conditions[0]!;
  return (root, fuel) => conditions.some((condition) => condition(root, fuel));
}

function bothAt(reader: JsonReader): Condition {
  const conditions = [oneAt(reader)];
  while (eat(reader, '&&')) conditions.push(oneAt(reader));
  if (conditions.length === 1) return conditions[0]!;
  return (root, fuel) => conditions.every((condition) => condition(root, fuel));
}

function oneAt(reader: JsonReader): Condition {
  if (!eat(reader, '(')) return comparisonAt(reader);
  if (++reader.depth > DEPTH_MAX) invalid('parentheses are nested too deeply');
  const condition = eitherAt(reader);
  if (!eat(reader, ')')) invalid("')' is missing");
  reader.depth--;
  return condition;
}

const CONSTANTS: Readonly<Record<string, unknown>> = { NULL: null, TRUE: true, FALSE: false };

function comparisonAt(reader: JsonReader): Condition {
  skipSpace(reader);
  const start = reader.at;
  const path = selectorAt(reader);
  reader.selectors.set(reader.text.slice(start, reader.at), path);
  const word = /^\s*(IS|NOT\s+EXISTS)\b/i.exec(reader.text.slice(reader.at, reader.at + 40));
  if (word) {
    reader.at += word[0].length;
    if (word[1]!.toUpperCase() !== 'IS') return (root) => !nodes(root, path).some(() => true);
    const constant = /^\s*(NULL|TRUE|FALSE)\b/i.exec(reader.text.slice(reader.at, reader.at + 40));
    if (!constant) return invalid('IS needs NULL, TRUE or FALSE');
    reader.at += constant[0].length;
    const wanted = CONSTANTS[constant[1]!.toUpperCase()];
    return (root) => nodes(root, path).some((node) => node === wanted);
  }
  const operator = operatorAt(reader) ?? invalid('an operator is missing');
  return compared(path, testAt(reader, operator, BARE));
}

/** What is no string, number or truth value matches nothing, nor does what is not there. */
function compared(path: readonly Step[], test: Test): Condition {
  return (root, fuel) =>
    nodes(root, path).some((node) => {
      const text = textOf(node);
      return text !== undefined && test(text, fuel);
    });
}

function textOf(node: unknown): string | undefined {
  if (typeof node === 'string') return node;
  return typeof node === 'number' || typeof node === 'boolean' ? String(node) : undefined;
}

function selectorAt(reader: JsonReader): readonly Step[] {
  if (reader.text[reader.at] !== '$') invalid("a selector begins with '$'");
  reader.at++;
  const path: Step[] = [];
  for (;;) {
    const char = reader.text[reader.at];
    if (char === '.') {
      reader.at++;
      path.push(reader.text[reader.at] === '[' ? bracketAt(reader) : memberAt(reader));
    } else if (char === '[') path.push(bracketAt(reader));
    else break;
  }
  if (path.length === 0) invalid('a selector names no property');
  const wildcards = path.filter((step) => step === ANY).length;
  if (wildcards > 1) invalid('a selector may have one wildcard');
  reader.wildcards += wildcards;
  return path;
}

function memberAt(reader: JsonReader): Step {
  if (reader.text[reader.at] === '*') {
    reader.at++;
    return ANY;
  }
  const start = reader.at;
  while (NAME.test(reader.text[reader.at] ?? '')) reader.at++;
  return reader.at === start ? invalid('a property has no name') : reader.text.slice(start, reader.at);
}

function bracketAt(reader: JsonReader): Step {
  reader.at++;
  let step: Step;
  const index = /^\d{1,9}/.exec(reader.text.slice(reader.at, reader.at + 9));
  if (reader.text[reader.at] === '*') {
    reader.at++;
    step = ANY;
  } else if (reader.text[reader.at] === "'") {
    reader.at++;
    step = quotedAt(reader, "'");
  } else if (index) {
    reader.at += index[0].length;
    step = Number(index[0]);
  } else return invalid('brackets hold a number, a name in quotation marks or *');
  if (reader.text[reader.at++] !== ']') invalid("']' is missing");
  return step;
}

/** All nodes that a path leads to. */
function nodes(root: unknown, path: readonly Step[]): readonly unknown[] {
  let found: readonly unknown[] = [root];
  for (const step of path) {
    found = found.flatMap((node) => {
      if (typeof node !== 'object' || node === null) return [];
      if (step === ANY) return Object.values(node);
      if (typeof step === 'number') return Array.isArray(node) && step < node.length ? [node[step]] : [];
      return !Array.isArray(node) && Object.hasOwn(node, step) ? [(node as Record<string, unknown>)[step]] : [];
    });
    if (found.length === 0) break;
  }
  return found;
}

function extracted(subject: Subject, selectors: ReadonlyMap<string, readonly Step[]>): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, path] of selectors) {
    const value = firstValue(subject, path);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function firstValue(subject: Subject, path: readonly Step[] | undefined): string | undefined {
  const root = subject.json();
  if (root === undefined || path === undefined) return undefined;
  return nodes(root, path)
    .map(textOf)
    .find((text) => text !== undefined);
}

/** The path of a selector by itself, as metric values and dimensions name it. */
function selectorIn(text: string): readonly Step[] | undefined {
  const known = paths.get(text);
  if (known !== undefined) return known ?? undefined;
  const reader: JsonReader = { text, at: 0, regexes: 0, depth: 0, wildcards: 0, selectors: new Map() };
  let path: readonly Step[] | null;
  try {
    path = selectorAt(reader);
    if (reader.at < text.length) path = null;
  } catch {
    path = null;
  }
  if (paths.size > PATHS_MAX) paths.clear();
  paths.set(text, path);
  return path ?? undefined;
}

const paths = new Map<string, readonly Step[] | null>();
const PATHS_MAX = 10_000;

/** A number, as metric values must be. */
export const numericText = (text: string | undefined) => (text === undefined ? undefined : numberIn(text.trim()));
