/**
 * Group commit: all write sets that wait go into one database transaction with one fsync. Each is checked against what
 * was committed since it read, and against those before it in the group; one that lost is told so, to run again.
 *
 * Where the fsync runs beside us (`flush`), later write sets may read what a group wrote before it is durable; but they
 * are answered after an fsync of their own, which comes later and covers both. Nobody hears of what could be lost.
 */
import { inRange } from './changeLog.ts';
import type { Committed } from './committed.ts';
import type { Batch, Change } from './driver.ts';
import { add, mustBeChecked, type RowChange, type WriteSet } from './writeSet.ts';

const groupMax = 512;
/** A group of so many tells of load: then the next one waits, a millisecond at most, until it has enough members. */
const crowd = 4;
const enough = 16;
/** Milliseconds. */
const gatherTime = 1;

export interface GroupCommit {
  /** Resolves when the write set is durable (true) or has lost (false). */
  submit(set: WriteSet): Promise<boolean>;
  /** Resolves when all that was committed so far is durable. */
  settled(): Promise<void>;
  /** Runs alone, after what waits now. */
  alone(work: () => Promise<void>): Promise<void>;
  /** Resolves when nothing waits. */
  drain(): Promise<void>;
}

export function groupCommit(state: Committed, committedEntries: (count: number) => void): GroupCommit {
  const waiting: Waiting[] = [];
  let running: Promise<void> | undefined;
  let scheduled = false;
  const gathering = gatheringUnderLoad();
  const commits = commitsOf(state);

  const start = (): void => {
    scheduled = false;
    if (running !== undefined) return;
    const work = commitAll(waiting, gathering, committedEntries, commits);
    running = work.finally(() => {
      running = undefined;
      if (waiting.length > 0) schedule();
    });
  };
  const schedule = (): void => {
    if (scheduled || running !== undefined) return;
    scheduled = true;
    setImmediate(start);
  };
  const drain = async (): Promise<void> => {
    while (waiting.length > 0 || running !== undefined) {
      if (running === undefined) start();
      await running;
    }
  };
  return {
    submit: (set) =>
      new Promise((resolve, reject) => {
        const broken = commits.broken();
        if (broken !== undefined) return reject(broken);
        waiting.push({ set, resolve, reject });
        if (waiting.length >= enough) gathering.end();
        schedule();
      }),
    settled: commits.settled,
    async alone(work) {
      while (waiting.length > 0 || running !== undefined) await drain();
      running = work().finally(() => {
        running = undefined;
        if (waiting.length > 0) schedule();
      });
      return running;
    },
    drain,
  };
}

interface Commits {
  commit(group: readonly Waiting[]): number | Promise<number>;
  tidy(): Promise<void> | undefined;
  /** Why nothing is committed any more. */
  broken(): unknown;
  settled(): Promise<void>;
}

function commitsOf(state: Committed): Commits {
  let broken: unknown;
  let latest: Promise<unknown> | undefined;
  const broke = (error: unknown): void => {
    broken = error;
  };
  return {
    commit(group) {
      if (broken !== undefined) return rejected(group, broken);
      const entries = commitGroup(state, group, broke);
      latest = typeof entries === 'number' ? undefined : entries;
      return entries;
    },
    tidy: () => state.driver.tidy?.()?.catch(broke),
    broken: () => broken,
    async settled() {
      await latest; // Not what is under way: under load there is always a next group.
    },
  };
}

function rejected(group: readonly Waiting[], error: unknown): number {
  for (const member of group) member.reject(error);
  return 0;
}

/** Group after group, until nothing waits. */
async function commitAll(
  waiting: Waiting[],
  gathering: Gathering,
  committedEntries: (count: number) => void,
  { commit, tidy }: Commits,
): Promise<void> {
  while (waiting.length > 0) {
    const group = waiting.splice(0, groupMax);
    const entries = commit(group);
    if (typeof entries === 'number') {
      committedEntries(entries);
      continue;
    }
    committedEntries(await entries);
    const tidying = tidy();
    if (tidying !== undefined) await tidying;
    if (group.length >= crowd && waiting.length < enough) await gathering.begin();
  }
}

type Gathering = ReturnType<typeof gatheringUnderLoad>;

/** The moment in which a group waits for members: it ends when there are enough, or after its time. */
function gatheringUnderLoad() {
  let end: (() => void) | undefined;
  return {
    begin: (): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(() => end?.(), gatherTime);
        end = () => {
          clearTimeout(timer);
          end = undefined;
          resolve();
        };
      }),
    end: (): void => end?.(),
  };
}

interface Waiting {
  readonly set: WriteSet;
  readonly resolve: (won: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** A group while it is put together: what its members so far would change. */
interface Tentative {
  readonly batch: Batch;
  readonly rows: Map<string, object | null>;
  readonly keys: Set<string>;
  readonly deltas: Map<string, number>;
}

/** Returns how many journal entries became durable. A driver that answers at once is never waited for. */
function commitGroup(
  state: Committed,
  group: readonly Waiting[],
  broke: (error: unknown) => void,
): number | Promise<number> {
  if (state.driver.begin !== undefined) return commitWaiting(state, group, broke, state.driver.begin);
  let checked: Checked | undefined;
  try {
    checked = check(state, group);
    state.driver.commit(checked.tentative.batch, checked.number);
  } catch (error) {
    return failed(state, checked ?? { winners: group, losers: [] }, error, broke);
  }
  publish(state, checked);
  return state.driver.flush === undefined ? answer(checked) : flushed(state.driver.flush, checked, broke);
}

/**
 * What was committed and could not be flushed is in memory and perhaps not on disk: nothing more is answered on it.
 * A start over the same file reads what the disk has.
 */
async function flushed(flush: () => Promise<void>, checked: Checked, broke: (error: unknown) => void): Promise<number> {
  try {
    await flush();
  } catch (error) {
    broke(error);
    return rejected([...checked.winners, ...checked.losers], error);
  }
  return answer(checked);
}

async function commitWaiting(
  state: Committed,
  group: readonly Waiting[],
  broke: (error: unknown) => void,
  begin: () => Promise<void>,
): Promise<number> {
  let checked: Checked | undefined;
  try {
    await begin();
    checked = check(state, group);
    if (checked.winners.length === 0) await state.driver.abandon?.();
    else await state.driver.commit(checked.tentative.batch, checked.number);
    publish(state, checked);
    return answer(checked);
  } catch (error) {
    await state.driver.abandon?.();
    return failed(state, checked ?? { winners: group, losers: [] }, error, broke);
  }
}

function publish(state: Committed, { tentative: { batch, rows }, number }: Checked): void {
  if (batch.changes.length > 0) state.publish(number, batch.changes, rows);
}

function answer({ winners, losers, tentative }: Checked): number {
  for (const winner of winners) winner.resolve(true);
  for (const loser of losers) loser.resolve(false);
  return tentative.batch.journal.length;
}

/** One member may be what the database refuses: then each is tried by itself, and only that one fails. */
async function failed(
  state: Committed,
  group: Pick<Checked, 'winners' | 'losers'>,
  error: unknown,
  broke: (error: unknown) => void,
): Promise<number> {
  for (const loser of group.losers) loser.resolve(false);
  if (group.winners.length === 1 || !state.driver.refused(error)) {
    for (const member of group.winners) member.reject(error);
    return 0;
  }
  let entries = 0;
  for (const member of group.winners) entries += await commitGroup(state, [member], broke);
  return entries;
}

/** A group after its check; `number` is its commit's. */
interface Checked {
  readonly winners: readonly Waiting[];
  readonly losers: readonly Waiting[];
  readonly tentative: Tentative;
  readonly number: number;
}

function check(state: Committed, group: readonly Waiting[]): Checked {
  const tentative: Tentative = { batch: emptyBatch(), rows: new Map(), keys: new Set(), deltas: new Map() };
  const winners: Waiting[] = [];
  const losers: Waiting[] = [];
  for (const member of group) {
    const won = !mustBeChecked(member.set) || holds(state, tentative, member.set);
    (won ? winners : losers).push(member);
    if (won) take(tentative, member.set);
  }
  return { winners, losers, tentative, number: state.log.known() + 1 };
}

function holds({ log, counts }: Committed, { keys, deltas }: Tentative, set: WriteSet): boolean {
  for (const [key, number] of set.reads) if (keys.has(key) || log.changedSince(key, number)) return false;
  for (const range of set.ranges) {
    if (log.rangeChangedSince(range, range.number)) return false;
    for (const key of keys) if (inRange(key, range)) return false;
  }
  return set.counts.every(({ counter, holds }) => {
    const committed = counts.peek(counter);
    return committed !== undefined && holds(committed + (deltas.get(counter) ?? 0));
  });
}

function take({ batch, rows, keys, deltas }: Tentative, set: WriteSet): void {
  for (const entry of set.journal) batch.journal.push(entry);
  for (const row of set.lookups) batch.lookups.push(row);
  for (const [id, bytes] of set.bytes) {
    if (bytes === null) batch.bytesDropped.push(id);
    else batch.bytes.push({ id, bytes });
  }
  for (const [key, row] of set.rows) {
    if (row.before === row.after) continue;
    rows.set(key, row.after ?? null);
    takeRow(batch, key, row);
    const note = (change: Change): void => {
      batch.changes.push(change);
      keys.add(change.key);
      add(deltas, change);
    };
    note(row.own);
    row.entries.forEach(note);
  }
}

function takeRow(batch: Batch, key: string, row: RowChange): void {
  if (row.after === undefined) batch.drops.push(key);
  else batch.puts.push({ key, body: JSON.stringify(row.after) });
  for (const entry of row.entries) {
    if (entry.delta > 0) batch.entriesAdded.push(entry.key);
    if (entry.delta < 0) batch.entriesDropped.push(entry.key);
  }
}

function emptyBatch(): Batch {
  return {
    puts: [],
    drops: [],
    bytes: [],
    bytesDropped: [],
    entriesAdded: [],
    entriesDropped: [],
    journal: [],
    lookups: [],
    changes: [],
  };
}
