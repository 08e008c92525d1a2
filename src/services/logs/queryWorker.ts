/** Works on queries in turn, a piece of each, and forgets those that are seven days old. */
import { zstdCompressSync } from 'node:zlib';
import type { ResultField } from '@aws-sdk/client-cloudwatch-logs';
import type { Surroundings, Worker } from '../../core/worker.ts';
import type { Transaction } from '../../store/store.ts';
import { breath } from './breath.ts';
import { forgetQuery, isActive, PIECE_RESULTS, pieceId, QUERY_KEPT_MS, type Query, queries } from './queryRows.ts';
import type { QueryRun } from './queryRun.ts';
import { deliverLater } from './scheduled/rows.ts';

const ACTIVE_AT_ONCE = 20;
/** Where the queries that run keep more than this together, the first one goes on and the others wait for it. */
const KEPT_BYTES_MAX = 384 * 1024 * 1024;
const FORGOTTEN_AT_ONCE = 20;
/** How long a query is held by a plane that does not say that it goes on with it. */
const HOLD_MS = 60_000;
const TIMEOUT_MS = 3_600_000;

/** The queries that this plane runs. */
interface Plane {
  readonly name: string;
  readonly runs: Map<string, QueryRun>;
}

const planes = new WeakMap<Surroundings['store'], Plane>();

function planeOf(around: Surroundings): Plane {
  let plane = planes.get(around.store);
  if (!plane) {
    plane = { name: Buffer.from(around.random(9)).toString('base64url'), runs: new Map() };
    planes.set(around.store, plane);
  }
  return plane;
}

export const logQueries: Worker = {
  name: 'logs queries',
  everyMs: 40,
  async work(around) {
    const plane = planeOf(around);
    const time = around.now().getTime();
    const active = await around.store.transaction(async (tx) => {
      const { rows } = await tx.list(queries, ['active'], { limit: ACTIVE_AT_ONCE, index: 'active' });
      return rows;
    });
    const ours = active.filter((query) => isOurs(query, plane, time));
    for (const id of plane.runs.keys()) if (!ours.some((query) => query.id === id)) plane.runs.delete(id);
    for (const [i, query] of ours.entries()) {
      if (i > 0 && keptBytes(plane) > KEPT_BYTES_MAX) break;
      await turn(query, plane, around);
    }
    return ours.length > 0 || (await forgetSome(around, time));
  },
};

const keptBytes = ({ runs }: Plane): number => [...runs.values()].reduce((sum, run) => sum + run.kept(), 0);

const isOurs = ({ holder }: Query, plane: Plane, time: number): boolean =>
  holder === undefined || holder.name === plane.name || time >= holder.until || time < holder.until - HOLD_MS;

async function turn(query: Query, plane: Plane, around: Surroundings): Promise<void> {
  const time = around.now().getTime();
  if (time - query.created > TIMEOUT_MS) return ended(query, around, 'Timeout');
  if (!(await held(query, plane, around))) return undefined;
  try {
    const run = plane.runs.get(query.id) ?? (await begun(query, plane));
    const role = { principal: 'logs.amazonaws.com', account: query.account, region: query.region };
    if (!(await around.errand(role, (ctx) => run.step(ctx)))) return undefined;
    const results = await run.finish();
    plane.runs.delete(query.id);
    await complete(query, around, run, results);
  } catch (error) {
    plane.runs.delete(query.id);
    if (!EXPECTED.has((error as Error).constructor.name)) around.log(error);
    await ended(query, around, 'Failed');
  }
}

/** What a query can do wrong: too much memory, a regular expression that costs too much, a key that is disabled. */
const EXPECTED = new Set(['QueryTooLarge', 'TooCostly', 'AccessDeniedException']);

async function begun(query: Query, plane: Plane): Promise<QueryRun> {
  const { queryRun } = await import('./queryRun.ts'); // Brings the SDK's client with it: not before it is needed.
  const run = await queryRun(query);
  plane.runs.set(query.id, run);
  return run;
}

/** Whether it is still to be run; and others are told that it is being run. */
function held(query: Query, plane: Plane, { store, now }: Surroundings): Promise<boolean> {
  return store.transaction(async (tx) => {
    const row = await tx.get(queries, queries.key(query));
    if (!row || !isActive(row)) return false;
    const time = now().getTime();
    const { holder } = row;
    if (holder?.name === plane.name && holder.until - time > HOLD_MS / 2 && holder.until - time <= HOLD_MS) return true;
    const next = { name: plane.name, until: time + HOLD_MS };
    await tx.replace(queries, { ...row, status: 'Running', holder: next });
    return true;
  });
}

async function changed(tx: Transaction, query: Query, change: Partial<Query>, around: Surroundings): Promise<void> {
  const row = await tx.get(queries, queries.key(query));
  if (!row || !isActive(row)) return;
  const { holder: _, ...rest } = row;
  await tx.replace(queries, { ...rest, ...change });
  const { account, region, id } = row;
  const giver = { store: tx, now: around.now(), random: around.random, account, region };
  if (row.scheduled) await deliverLater(giver, id);
}

const ended = (query: Query, around: Surroundings, status: 'Failed' | 'Timeout'): Promise<void> =>
  around.store.transaction((tx) => changed(tx, query, { status, ended: around.now().getTime() }, around));

async function complete(query: Query, around: Surroundings, run: QueryRun, results: readonly ResultField[][]) {
  const packed: Buffer[] = [];
  for (let from = 0; from < results.length; from += PIECE_RESULTS) {
    packed.push(zstdCompressSync(JSON.stringify(results.slice(from, from + PIECE_RESULTS))));
    await breath();
  }
  await around.store.transaction(async (tx) => {
    const row = await tx.get(queries, queries.key(query));
    if (!row || !isActive(row)) return;
    packed.forEach((bytes, piece) => {
      tx.putBytes(pieceId(query, piece), bytes);
    });
    const scanned = run.scanned();
    const out = { scanned, results: results.length, pieces: packed.length };
    await changed(tx, query, { status: 'Complete', ended: around.now().getTime(), ...out }, around);
  });
}

function forgetSome({ store }: Surroundings, time: number): Promise<boolean> {
  return store.transaction(async (tx) => {
    const { rows } = await tx.list(queries, ['age'], { limit: FORGOTTEN_AT_ONCE, index: 'age' });
    const old = rows.filter(({ created }) => time - created > QUERY_KEPT_MS);
    for (const query of old) await forgetQuery(tx, query);
    return old.length === FORGOTTEN_AT_ONCE;
  });
}
