/**
 * How values are spread, in bounded room: every value as it is while there are few different ones, then a histogram of
 * growing buckets (DDSketch: Masson, Rim and Lee, 2019). A bucket's middle is within 1 % of every value in it. When the
 * buckets become too many, neighbours are joined: 2 % for values that span more than 3,000 times the least, 4 % beyond
 * ten million times, and so on. Only values that are not negative have a distribution, as in CloudWatch.
 */

/** Different values kept as they are. */
const EXACT_MAX = 64;
const BUCKETS_MAX = 400;
const ACCURACY = 0.01;
const LOG_GAMMA = Math.log((1 + ACCURACY) / (1 - ACCURACY));

/** Each value followed by its count, the least value first; or, with a level, each bucket's number and its count. */
export interface Distribution {
  readonly v: readonly number[];
  /** Of a histogram: how often neighbours were joined. */
  readonly k?: number;
  /** Of a histogram: how many zeros. */
  readonly z?: number;
}

/** Values with how often they occur, the least first. */
export type Weighted = readonly (readonly [value: number, count: number])[];

export const distributionOf = (values: Weighted): Distribution => compacted(flat(new Map(values)), undefined);

export function joined(a: Distribution, b: Distribution): Distribution {
  if (a.k === undefined && b.k === undefined) return compacted(flat(countsOf(a.v, b.v)), undefined);
  const level = Math.max(a.k ?? 0, b.k ?? 0);
  const [left, right] = [histogram(a, level), histogram(b, level)];
  return compacted(flat(countsOf(left.v, right.v)), { k: level, z: left.z + right.z });
}

/** What the distribution says of the values; of a histogram each bucket's middle, kept within `min` and `max`. */
export function weighted(distribution: Distribution, min: number, max: number): Weighted {
  const { v, k, z } = distribution;
  const points: [number, number][] = z ? [[0, z]] : [];
  const gamma = Math.exp(LOG_GAMMA * 2 ** (k ?? 0));
  for (let at = 0; at < v.length; at += 2) {
    const value = k === undefined ? v[at]! : (2 * gamma ** v[at]!) / (gamma + 1);
    points.push([Math.min(max, Math.max(min, value)), v[at + 1]!]);
  }
  return points;
}

function countsOf(...lists: readonly (readonly number[])[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const list of lists) {
    for (let at = 0; at < list.length; at += 2) counts.set(list[at]!, (counts.get(list[at]!) ?? 0) + list[at + 1]!);
  }
  return counts;
}

const flat = (counts: ReadonlyMap<number, number>): number[] => [...counts].sort(([a], [b]) => a - b).flat();

function compacted(v: number[], levels: { readonly k: number; readonly z: number } | undefined): Distribution {
  if (levels === undefined) {
    if (v.length <= EXACT_MAX * 2) return { v };
    const { v: buckets, z } = histogram({ v }, 0);
    return compacted(flat(countsOf(buckets)), { k: 0, z });
  }
  let { k } = levels;
  let buckets = v;
  for (; buckets.length > BUCKETS_MAX * 2; k++) buckets = flat(countsOf(coarser(buckets, 1)));
  return { v: buckets, k, ...(levels.z > 0 && { z: levels.z }) };
}

/** Buckets of that level (not sorted, perhaps the same one twice) and the zeros. */
function histogram(
  { v, k, z = 0 }: Distribution,
  level: number,
): { readonly v: readonly number[]; readonly z: number } {
  if (k !== undefined) return { v: coarser(v, level - k), z };
  let zeros = 0;
  const buckets: number[] = [];
  const width = LOG_GAMMA * 2 ** level;
  for (let at = 0; at < v.length; at += 2) {
    if (v[at] === 0) zeros += v[at + 1]!;
    else buckets.push(Math.ceil(Math.log(v[at]!) / width), v[at + 1]!);
  }
  return { v: buckets, z: zeros };
}

const coarser = (v: readonly number[], times: number): number[] =>
  v.map((number, at) => (at % 2 === 0 ? Math.ceil(number / 2 ** times) : number));
