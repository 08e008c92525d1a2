/** JSON and array functions of OpenSearch SQL and PPL. */
import type { Fn } from '../insights/functions.ts';
import { isStructure, Moment, numberOf, type Value } from '../insights/values.ts';
import { any, ofText, strict } from './makers.ts';
import { inOrder, ordered, said } from './values.ts';

/** Undefined for what is no JSON. */
function parsed(value: Value): unknown {
  if (isStructure(value)) return value;
  try {
    return JSON.parse(said(value) ?? '') as unknown;
  } catch {
    return undefined;
  }
}

const valueIn = (found: unknown): Value => (found === undefined ? null : (found as Value));

/** A list, or JSON of one. */
function listIn(value: Value): readonly Value[] | undefined {
  const found = isStructure(value) || typeof value === 'string' ? parsed(value) : undefined;
  return Array.isArray(found) ? (found as Value[]) : undefined;
}

const ofList = (least: number, most: number, run: (list: readonly Value[], ...rest: Value[]) => Value): Fn =>
  strict(least, most, (value, ...rest) => {
    const list = listIn(value);
    return list ? run(list, ...rest) : null;
  });

const STEP = /\.?\["([^"]*)"\]|\.?\['([^']*)'\]|\[(\d+|\*)\]|\.([^.[\]]+)/y;
const STEPS_MAX = 50;

/** `$.a[0].b`; undefined for what is no path. */
function stepsOf(path: string): readonly string[] | undefined {
  const steps: string[] = [];
  const text = path.startsWith('$') ? path.slice(1) : `.${path}`;
  const whole = text === '' || text.startsWith('.') || text.startsWith('[') ? text : `.${text}`;
  for (STEP.lastIndex = 0; STEP.lastIndex < whole.length; ) {
    const found = STEP.exec(whole);
    if (!found || steps.length === STEPS_MAX) return undefined;
    steps.push(found[1] ?? found[2] ?? found[3] ?? found[4] ?? '');
  }
  return steps;
}

function walked(root: unknown, steps: readonly string[]): unknown {
  let value = root;
  for (const [i, step] of steps.entries()) {
    if (step === '*' && Array.isArray(value)) return value.map((each) => walked(each, steps.slice(i + 1)));
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** As text; structures as JSON. */
function extracted(value: Value, path: Value): Value {
  const root = parsed(value);
  const steps = stepsOf(said(path) ?? '');
  const found = root === undefined || !steps ? undefined : walked(root, steps);
  return found === undefined || found === null ? null : (said(found as Value) ?? null);
}

function object(...members: Value[]): Value {
  if (members.length % 2 === 1) return null;
  const entries: [string, Value][] = [];
  for (let i = 0; i < members.length; i += 2) entries.push([said(members[i]!) ?? 'null', plain(members[i + 1]!)]);
  return Object.fromEntries(entries);
}

const plain = (value: Value): Value => (value instanceof Moment ? (said(value) ?? null) : value);
const jsonText = (value: Value) => JSON.stringify(plain(value));
const size: Fn = ofList(1, 1, (list) => list.length);
const distinct = (list: readonly Value[]) => [...new Map(list.map((each) => [said(each), each])).values()];

function keysOf(value: Value): Value {
  const found = parsed(value);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : null;
}

const json: Readonly<Record<string, Fn>> = {
  json: ofText(1, 1, (text) => (parsed(text) === undefined ? null : text)),
  json_valid: strict(1, 1, (value) => parsed(value) !== undefined),
  json_object: any(0, 100, object),
  json_array: any(0, 100, (...values) => values.map(plain)),
  json_extract: strict(2, 2, extracted),
  get_json_object: strict(2, 2, extracted),
  json_keys: strict(1, 1, keysOf),
  json_object_keys: strict(1, 1, keysOf),
  to_json: strict(1, 1, jsonText),
  to_json_string: strict(1, 1, jsonText),
  from_json: strict(1, 2, (value) => valueIn(parsed(value))),
};

const arrays: Readonly<Record<string, Fn>> = {
  array: any(0, 100, (...values) => values.map(plain)),
  size,
  cardinality: size,
  array_size: size,
  array_length: size,
  json_array_length: size,
  array_contains: ofList(2, 2, (list, wanted = null) => list.some((each) => ordered(each, wanted) === 0)),
  array_position: ofList(2, 2, (list, wanted = null) => list.findIndex((each) => ordered(each, wanted) === 0) + 1),
  array_distinct: ofList(1, 1, distinct),
  array_max: ofList(1, 1, (list) => list.toSorted(inOrder).at(-1) ?? null),
  array_min: ofList(1, 1, (list) => list.filter((each) => each !== null).toSorted(inOrder)[0] ?? null),
  array_join: ofList(2, 2, (list, by = null) => list.flatMap((each) => said(each) ?? []).join(said(by))),
  array_remove: ofList(2, 2, (list, wanted = null) => list.filter((each) => ordered(each, wanted) !== 0)),
  array_append: ofList(2, 2, (list, added = null) => [...list, added]),
  sort_array: ofList(1, 2, (list, ascending = true) =>
    list.toSorted((a, b) => (ascending === false ? -1 : 1) * inOrder(a, b)),
  ),
  slice: ofList(3, 3, (list, from = null, count = null) => {
    const start = Math.trunc(numberOf(from) ?? 0);
    const begin = start > 0 ? start - 1 : Math.max(0, list.length + start);
    return start === 0 ? null : list.slice(begin, begin + Math.max(0, numberOf(count) ?? 0));
  }),
  element_at: strict(2, 2, (value, at) => {
    const list = listIn(value);
    if (!list) return valueIn(walked(parsed(value), [said(at) ?? '']));
    const index = Math.trunc(numberOf(at) ?? 0);
    return index === 0 ? null : (list.at(index > 0 ? index - 1 : index) ?? null);
  }),
};

export const jsonFunctions: Readonly<Record<string, Fn>> = { ...json, ...arrays };
