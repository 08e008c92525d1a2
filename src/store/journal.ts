/**
 * The journal behind the commit: look-up rows and followers, each with its position. A position is a row, written in the
 * same write set as what was made of the entries, so each entry is followed exactly once whatever happens in between,
 * also when several processes follow at the same time: one of them wins.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Run } from './assembly.ts';
import type { Driver } from './driver.ts';
import { lookupEntries, lookupRows, pruneEntries } from './lookup.ts';
import type { Follower, Journal, JournalRow, StoreOptions, Transaction } from './store.ts';
import { table } from './store.ts';
import type { WriteSet } from './writeSet.ts';

/** Milliseconds. A batch shall take less than this, ... */
const batchTime = 8;
const batchMax = 1024;
/** ... work behind waits while more entries than this come in ... */
const busyEntries = 25;
/** ... this long, ... */
const pause = 20;
const retryPause = 1000;
/** ... unless it lags by so many entries: a look-up must not have to catch up for long. */
const lagMax = 200_000;

interface Position {
  readonly name: string;
  readonly sequence: number;
}

const positions = table<Position>('store_position', { key: (position) => [position.name] });

/** Work that goes along the journal. */
interface Trail {
  readonly name: string;
  readonly follow: (entries: readonly JournalRow[], tx: Transaction, set: WriteSet) => Promise<void>;
  size: number;
  running: Promise<boolean> | undefined;
}

export interface WorkedJournal {
  readonly journal: Journal;
  /** Tells that entries became durable, so that work behind begins. */
  appended(count: number): void;
  stop(): Promise<void>;
}

export function journalOver(driver: Driver, run: Run, options: StoreOptions): WorkedJournal {
  const index = trail('lookup', async (entries, _tx, set) => {
    for (const entry of entries) set.lookups.push(...lookupRows(entry, options));
    set.lookups.sort((a, b) => (a.scope < b.scope ? -1 : a.scope > b.scope ? 1 : a.sequence - b.sequence));
  });
  const trails = [index, ...options.followers.map(followerTrail)];
  const catchUp = async (some: readonly Trail[]): Promise<void> => {
    const tip = await driver.journal.tip();
    for (const one of some) while (await advance(driver, run, one, tip)) await nextTurn();
  };
  const behind = workBehind(() => stepAll(driver, run, trails), options.log);
  return {
    journal: {
      async read(after, limit) {
        return driver.journal.read(after, limit);
      },
      async lookup(question) {
        await catchUp([index]);
        return lookupEntries(driver.journal, question);
      },
      async tip() {
        return driver.journal.tip();
      },
      catchUp: () => catchUp(trails),
      async prune(before, limit) {
        await catchUp(trails);
        return pruneEntries(driver.journal, options, before, limit);
      },
    },
    appended: behind.woken,
    stop: behind.stop,
  };
}

function trail(name: string, follow: Trail['follow']): Trail {
  return { name, follow, size: 128, running: undefined };
}

function followerTrail(follower: Follower): Trail {
  return trail(`follower:${follower.name}`, (entries, tx) => follower.follow(entries, tx));
}

/** One batch of each; true when there is more. */
async function stepAll(driver: Driver, run: Run, trails: readonly Trail[]): Promise<boolean> {
  const tip = await driver.journal.tip();
  let more = false;
  for (const one of trails) if (await advance(driver, run, one, tip)) more = true;
  return more;
}

/** Takes a trail one batch on, towards the tip. Returns whether it is still short of it. */
function advance(driver: Driver, run: Run, one: Trail, tip: number): Promise<boolean> {
  if (one.running !== undefined) return one.running.then(() => true);
  one.running = step(driver, run, one, tip).finally(() => {
    one.running = undefined;
  });
  return one.running;
}

function step(driver: Driver, run: Run, one: Trail, tip: number): Promise<boolean> {
  return run(async (tx, set) => {
    const position = (await tx.get(positions, [one.name]))?.sequence ?? 0;
    if (position >= tip) return false;
    const began = performance.now();
    const entries = await driver.journal.read(position, one.size);
    const last = entries.at(-1);
    if (last === undefined) return false;
    await one.follow(entries, tx, set);
    await tx.replace(positions, { name: one.name, sequence: last.sequence });
    resize(one, performance.now() - began);
    return last.sequence < tip;
  });
}

/** The database takes about as long for a batch as its making does. */
function resize(one: Trail, elapsed: number): void {
  if (elapsed > batchTime / 2) one.size = Math.max(16, one.size >> 1);
  else if (elapsed < batchTime / 4) one.size = Math.min(batchMax, one.size * 2);
}

/** Paces work behind: at once when little comes in, later when much does, soon enough when it lags. */
function workBehind(step: () => Promise<boolean>, log: (error: unknown) => void) {
  let timer: NodeJS.Timeout | undefined;
  let recent = 0;
  let lag = 0;
  let stopped = false;
  let working: Promise<void> | undefined;
  const arm = (delay: number): void => {
    if (!stopped) timer = setTimeout(wake, delay).unref();
  };
  const wake = (): void => {
    timer = undefined;
    const busy = recent > busyEntries && lag < lagMax;
    recent = 0;
    if (busy) {
      arm(pause);
      return;
    }
    working = work().finally(() => {
      working = undefined;
    });
  };
  const work = async (): Promise<void> => {
    const reached = lag;
    try {
      while (!stopped && (await step())) {
        await nextTurn();
        if (recent > busyEntries && lag < lagMax) return arm(pause);
      }
      lag -= reached;
      if (lag > 0) arm(pause);
    } catch (error) {
      log(error);
      arm(retryPause);
    }
  };
  return {
    woken(count: number): void {
      if (count === 0) return;
      recent += count;
      lag += count;
      if (timer === undefined && working === undefined) arm(pause);
    },
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
