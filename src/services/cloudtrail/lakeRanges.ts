/**
 * Which events a query looks at, so that no others have to be read: the engine says in its plan by what it filters each
 * table. A range is the widest of all that are read of a table; without a plan that tells, it is everything.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { LakeQuestion } from './lakeMessages.ts';

/** ISO 8601, both inclusive; absent: without an end. */
export interface Range {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Store → its events that the query needs. Throws what is wrong with the statement. */
export async function rangesIn(
  connection: DuckDBConnection,
  { statement, stores }: LakeQuestion,
): Promise<Readonly<Record<string, Range>>> {
  const scans = new Map<string, Range[]>();
  // Tables are still empty: what the engine knows of their contents must not shorten the plan.
  await connection.run("set disabled_optimizers='statistics_propagation,empty_result_pullup'");
  const reader = await connection.runAndReadAll(`explain (format json) ${statement}`);
  for (const root of JSON.parse(String(reader.getRows()[0]?.[1])) as Step[]) collect(root, scans);
  await connection.run("set disabled_optimizers=''");
  return Object.fromEntries(
    stores.map(({ id }) => {
      const found = scans.get(id) ?? [];
      const named = statement.split(`"${id}"`).length - 1;
      return [id, found.length < named ? {} : widest(found)];
    }),
  );
}

interface Step {
  readonly extra_info?: { readonly Table?: string; readonly Filters?: string | readonly string[] };
  readonly children?: readonly Step[];
}

function collect({ extra_info: { Table: table, Filters: filters = [] } = {}, children = [] }: Step, scans: Scans) {
  if (table !== undefined) {
    const id = table.split('.').at(-1)?.replaceAll('"', '') ?? '';
    scans.set(id, [...(scans.get(id) ?? []), rangeOf([filters].flat())]);
  }
  for (const child of children) collect(child, scans);
}

type Scans = Map<string, Range[]>;

const TIME = /^(?:eventTime|CAST\(eventTime AS TIMESTAMP WITH TIME ZONE\)) ?(>=|<=|>|<|=) ?'([^']+)'::TIMESTAMP/;

/** All filters hold, and all parts of one that are joined by AND. */
function rangeOf(filters: readonly string[]): Range {
  let range: Range = {};
  for (const filter of filters) {
    if (filter.includes(' OR ')) continue;
    for (const part of filter.replace(/^\((.*)\)$/, '$1').split(' AND ')) {
      const [, operator = '', text = ''] = TIME.exec(part) ?? [];
      const time = text === '' ? undefined : isoOf(text);
      if (time === undefined) continue;
      if (operator !== '<' && operator !== '<=') range = { ...range, from: later(range.from, time) };
      if (operator !== '>' && operator !== '>=') range = { ...range, to: earlier(range.to, time) };
    }
  }
  return range;
}

/** `2026-11-19 00:00:00.5` or `2026-11-19 00:00:00+00`, in UTC. */
function isoOf(text: string): string | undefined {
  const time = new Date(
    `${text
      .slice(0, 23)
      .replace(/\+\d\d$/, '')
      .replace(' ', 'T')}Z`,
  );
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

const later = (a: string | undefined, b: string) => (a !== undefined && a > b ? a : b);
const earlier = (a: string | undefined, b: string) => (a !== undefined && a < b ? a : b);

function widest(ranges: readonly Range[]): Range {
  const [first = {}, ...others] = ranges;
  return others.reduce(
    (range, { from, to }) => ({
      from: range.from === undefined || from === undefined ? undefined : earlier(range.from, from),
      to: range.to === undefined || to === undefined ? undefined : later(range.to, to),
    }),
    first,
  );
}
