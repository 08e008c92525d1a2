/** The committed state as this process knows it: rows and counters in memory over the database. */
import { type ChangeLog, changeLog } from './changeLog.ts';
import { type Counts, counts } from './counts.ts';
import { type Change, type Driver, isPromise, type Learner, type Maybe } from './driver.ts';
import { counterOfChange } from './keys.ts';
import { freezeRow, type RowCache, rowCache } from './rowCache.ts';
import type { WriteSet } from './writeSet.ts';

export interface Committed {
  readonly driver: Driver;
  readonly log: ChangeLog;
  readonly counts: Counts;
  /** The row as it is committed. Answers at once when it is in memory. */
  row(key: string): Maybe<object | undefined>;
  /** The same, with its body at hand. */
  rowWithBody(key: string, body: string, readAt: number): object;
  /** Tells memory what was committed. */
  publish(number: number, changes: readonly Change[], rows: ReadonlyMap<string, object | null>): void;
  reset(number: number): void;
  /** Write sets at work, oldest first: what changed since they began is remembered. */
  readonly active: Set<WriteSet>;
  /** Forgets what no active write set can have read. */
  trim(): void;
  /** Calls `ring` for each changed row that counts towards this counter, until the answer is called. */
  watch(counter: string, ring: () => void): () => void;
}

export function committed(connect: (learner: Learner) => Driver, rowsMax: number): Committed {
  const log = changeLog();
  const cache = rowCache(rowsMax);
  const driver = connect(
    learner(
      log,
      cache,
      () => state,
      (changes) => watched.tell(changes),
    ),
  );
  const remember = (key: string, body: string | undefined, readAt: number): object | undefined => {
    const row = body === undefined ? undefined : (freezeRow(JSON.parse(body)) as object);
    if (!log.changedSince(key, readAt)) cache.set(key, row ?? null);
    return row;
  };
  const active = new Set<WriteSet>();
  const watched = watches();
  const state: Committed = {
    driver,
    log,
    counts: counts(driver, log),
    row(key) {
      const held = cache.get(key);
      if (held !== undefined) return held ?? undefined;
      const readAt = log.known();
      const body = driver.row(key);
      return isPromise(body) ? body.then((text) => remember(key, text, readAt)) : remember(key, body, readAt);
    },
    rowWithBody: (key, body, readAt) => cache.get(key) ?? remember(key, body, readAt)!,
    publish(number, changes, rows) {
      if (number !== log.known() + 1) return;
      log.add(number, changes);
      state.counts.apply(number, changes);
      for (const [key, row] of rows) cache.set(key, row);
      watched.tell(changes);
    },
    reset(number) {
      log.reset(number);
      cache.clear();
      state.counts.clear();
      watched.tellAll();
    },
    active,
    trim() {
      for (const oldest of active) return log.trim(oldest.started);
      log.trim(log.known());
    },
    watch: watched.add,
  };
  return state;
}

/** Who wants to hear of changes, by what the changed rows count towards. */
function watches() {
  const rings = new Map<string, Set<() => void>>();
  return {
    add(counter: string, ring: () => void) {
      const ringing = rings.get(counter) ?? new Set();
      rings.set(counter, ringing.add(ring));
      return () => {
        ringing.delete(ring);
        if (ringing.size === 0 && rings.get(counter) === ringing) rings.delete(counter);
      };
    },
    tell(changes: readonly Change[]) {
      if (rings.size === 0) return;
      for (const change of changes) for (const ring of rings.get(counterOfChange(change)) ?? []) ring();
    },
    tellAll() {
      for (const ringing of rings.values()) for (const ring of ringing) ring();
    },
  };
}

function learner(
  log: ChangeLog,
  cache: RowCache,
  state: () => Committed,
  tell: (changes: readonly Change[]) => void,
): Learner {
  return {
    known: () => log.known(),
    learn(commits) {
      for (const { number, changes } of commits) {
        if (number <= log.known()) continue;
        if (number !== log.known() + 1) return state().reset(number);
        log.add(number, changes);
        state().counts.apply(number, changes);
        for (const { key } of changes) cache.drop(key);
        tell(changes);
      }
    },
    forget: (number) => state().reset(number),
    keep: (rows) => cache.enable(rows),
  };
}
