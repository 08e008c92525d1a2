/** Functions of lists of OpenSearch SQL and PPL: a list, or JSON of one. */
import type { Fn } from '../insights/functions.ts';
import { joinedTexts, modest } from '../insights/texts.ts';
import { isStructure, numberOf, type Value } from '../insights/values.ts';
import { parsed, plain, valueIn, walked } from './jsonFunctions.ts';
import { any, strict } from './makers.ts';
import { inOrder, ordered, said } from './values.ts';

/** Undefined for what is no list. */
function listIn(value: Value): readonly Value[] | undefined {
  const found = isStructure(value) || typeof value === 'string' ? parsed(value) : undefined;
  return Array.isArray(found) ? (found as Value[]) : undefined;
}

const ofList = (least: number, most: number, run: (list: readonly Value[], ...rest: Value[]) => Value): Fn =>
  strict(least, most, (value, ...rest) => {
    const list = listIn(value);
    return list ? run(list, ...rest) : null;
  });

const size: Fn = ofList(1, 1, (list) => list.length);
const distinct = (list: readonly Value[]) => [...new Map(list.map((each) => [said(each), each])).values()];

const ITEMS_MAX = 10_000;

const ofLists = (run: (a: readonly Value[], b: readonly Value[]) => Value): Fn =>
  strict(2, 2, (value, other) => {
    const [a, b] = [listIn(value), listIn(other)];
    return a && b ? run(a, b) : null;
  });

const texts = new WeakMap<readonly Value[], ReadonlySet<string | undefined>>();

function textsOf(list: readonly Value[]): ReadonlySet<string | undefined> {
  const found = texts.get(list) ?? new Set(list.map(said));
  texts.set(list, found);
  return found;
}

function sequence(from: Value, to: Value, by?: Value): Value {
  const [a, b] = [numberOf(from), numberOf(to)];
  if (a === undefined || b === undefined) return null;
  const step = by === undefined ? (a <= b ? 1 : -1) : (numberOf(by) ?? 0);
  const count = step === 0 ? 0 : Math.floor((b - a) / step) + 1;
  return count < 1 || count > ITEMS_MAX ? null : Array.from({ length: count }, (_, i) => a + i * step);
}

export const arrayFunctions: Readonly<Record<string, Fn>> = {
  array: any(0, 100, (...values) => modest(values.map(plain))),
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
  array_join: ofList(2, 2, (list, by = null) =>
    joinedTexts(
      list.flatMap((each) => said(each) ?? []),
      said(by) ?? '',
    ),
  ),
  array_remove: ofList(2, 2, (list, wanted = null) => list.filter((each) => ordered(each, wanted) !== 0)),
  array_append: ofList(2, 2, (list, added = null) => modest([...list, added])),
  sort_array: ofList(1, 2, (list, ascending = true) =>
    list.toSorted((a, b) => (ascending === false ? -1 : 1) * inOrder(a, b)),
  ),
  slice: ofList(3, 3, (list, from = null, count = null) => {
    const start = Math.trunc(numberOf(from) ?? 0);
    const begin = start > 0 ? start - 1 : Math.max(0, list.length + start);
    return start === 0 ? null : list.slice(begin, begin + Math.max(0, numberOf(count) ?? 0));
  }),
  array_prepend: ofList(2, 2, (list, added = null) => modest([added, ...list])),
  array_compact: ofList(1, 1, (list) => list.filter((each) => each !== null)),
  array_repeat: strict(2, 2, (value, count) =>
    modest(Array<Value>(Math.min(Math.max(0, Math.trunc(numberOf(count) ?? 0)), ITEMS_MAX)).fill(value)),
  ),
  array_union: ofLists((a, b) => modest(distinct([...a, ...b]))),
  array_intersect: ofLists((a, b) => distinct(a.filter((each) => textsOf(b).has(said(each))))),
  array_except: ofLists((a, b) => distinct(a.filter((each) => !textsOf(b).has(said(each))))),
  arrays_overlap: ofLists((a, b) => a.some((each) => textsOf(b).has(said(each)))),
  flatten: ofList(1, 1, (list) => modest(list.flat() as Value[])),
  sequence: strict(2, 3, sequence),
  get: strict(2, 2, (value, at) => listIn(value)?.[Math.trunc(numberOf(at) ?? -1)] ?? null),
  element_at: strict(2, 2, (value, at) => {
    const list = listIn(value);
    if (!list) return valueIn(walked(parsed(value), [said(at) ?? '']));
    const index = Math.trunc(numberOf(at) ?? 0);
    return index === 0 ? null : (list.at(index > 0 ? index - 1 : index) ?? null);
  }),
};
