/**
 * The journal behind the commit: look-up rows and followers, each with its position. A position is a row, written in
 * the same write set as what was made of the entries, so each entry is followed exactly once whatever happens in
 * between, also when several processes follow at the same time: one of them wins.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Run } from './assembly.ts';
import type { Driver } from './driver.ts';
import { lookupEntries, lookupRows, pruneEntries } from './lookup.ts';
import type { Follower, Journal, JournalRow, StoreOptions, Transaction } from './store.ts';
import { table } from './store.ts';
import type { WriteSet } from './writeSet.ts';

/** Milliseconds. A batch shall take less than this, ... */
const batchTime = 10;
const batchMin = 32;
const batchMax = 512;
/** ... work behind waits while more entries than this come in ... */
const busyEntries = 25;
/** ... this long, ... */
const pause = 20;
const retryPause = 1000;
/** ... unless it lags by so many entries: a look-up must not have to catch up for long. */
const lagMax = 300_000;

interface Position {
  readonly name: string;
  readonly sequence: number;
}

const positions = table<Position>('store_position', { key: (position) => [position.name] });

/**
 * Work that goes along the journal, each member from its own position. Members at the same place share what is read.
 */
interface Trail {
  readonly members: readonly Member[];
  size: number;
  running: Promise<Advance> | undefined;
}

interface Member {
  readonly name: string;
  readonly follow: (entries: readonly JournalRow[], tx: Transaction, set: WriteSet) => Promise<void>;
}

/** From where to where a batch went. */
interface Advance {
  readonly position: number;
  readonly reached: number;
}

export interface WorkedJournal {
  readonly journal: Journal;
  /** Tells that entries became durable, so that work behind begins. */
  appended(count: number): void;
  stop(): Promise<void>;
}

export function journalOver(driver: Driver, run: Run, options: StoreOptions): WorkedJournal {
  const index = trail([lookupMember(options)]);
  // Apart from the look-up rows, so that a follower that fails holds up no look-up.
  const trails = options.followers.length === 0 ? [index] : [index, trail(options.followers.map(followerMember))];
  const catchUp = async (some: readonly Trail[]): Promise<void> => {
    const tip = await driver.journal.tip();
    for (const one of some) while ((await advance(driver, run, one, tip)).reached < tip) await nextTurn();
  };
  const behind = workBehind(() => stepAll(driver, run, trails), options.log);
  return {
    journal: {
      async read(after, limit) {
        return driver.journal.read(after, limit);
      },
      async lookup(question) {
        await catchUp([index]);
        return lookupEntries(driver.journal, options, question);
      },
      async tip() {
        return driver.journal.tip();
      },
      catchUp: () => catchUp(trails),
      async prune(before, limit, only) {
        await catchUp(trails);
        return pruneEntries(driver.journal, options, { before, limit, only });
      },
    },
    appended: behind.woken,
    stop: behind.stop,
  };
}

function trail(members: readonly Member[]): Trail {
  return { members, size: 128, running: undefined };
}

function lookupMember(options: StoreOptions): Member {
  return {
    name: 'lookup',
    async follow(entries, _tx, set) {
      for (const entry of entries) set.lookups.push(...lookupRows(entry, options));
      set.lookups.sort((a, b) => a.scope - b.scope || a.sequence - b.sequence);
    },
  };
}

function followerMember(follower: Follower): Member {
  return { name: `follower:${follower.name}`, follow: (entries, tx) => follower.follow(entries, tx) };
}

/** One batch of each; how many entries it took the look-up rows on, and whether any trail is still behind. */
async function stepAll(driver: Driver, run: Run, trails: readonly Trail[]): Promise<Step> {
  const tip = await driver.journal.tip();
  let followed = 0;
  let more = false;
  for (const one of trails) {
    const { position, reached } = await advance(driver, run, one, tip);
    followed = Math.max(followed, reached - position);
    if (reached < tip) more = true;
  }
  return { followed, more };
}

interface Step {
  readonly followed: number;
  readonly more: boolean;
}

/** Takes a trail one batch on, towards the tip; who comes meanwhile waits for the same batch. */
function advance(driver: Driver, run: Run, one: Trail, tip: number): Promise<Advance> {
  if (one.running !== undefined) return one.running;
  const began = performance.now();
  one.running = step(driver, run, one, tip).finally(() => {
    one.running = undefined;
    resize(one, performance.now() - began);
  });
  return one.running;
}

function step(driver: Driver, run: Run, one: Trail, tip: number): Promise<Advance> {
  return run(async (tx, set) => {
    const stands = new Map<Member, number>();
    for (const member of one.members) stands.set(member, (await tx.get(positions, [member.name]))?.sequence ?? 0);
    const position = Math.min(...stands.values());
    if (position >= tip) return { position, reached: position };
    const end = nextStand(position, stands.values());
    const entries = (await driver.journal.read(position, one.size)).filter(({ sequence }) => sequence <= end);
    const reached = entries.at(-1)?.sequence ?? Math.min(end, tip);
    for (const [member, stand] of stands) {
      if (stand !== position) continue;
      await member.follow(entries, tx, set);
      await tx.replace(positions, { name: member.name, sequence: reached });
    }
    return { position, reached };
  });
}

/** Where the hindmost members meet others: from there they go together. */
function nextStand(position: number, stands: Iterable<number>): number {
  let next = Number.POSITIVE_INFINITY;
  for (const stand of stands) if (stand > position && stand < next) next = stand;
  return next;
}

/** Makes the next batch smaller or larger by what this one took, its commit included. */
function resize(one: Trail, elapsed: number): void {
  if (elapsed > batchTime) one.size = Math.max(batchMin, one.size >> 1);
  else if (elapsed < batchTime / 3) one.size = Math.min(batchMax, one.size * 2);
}

/** Paces work behind: at once when little comes in, later when much does, soon enough when it lags. */
function workBehind(step: () => Promise<Step>, log: (error: unknown) => void) {
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
    const came = recent;
    recent = 0;
    const busy = came > busyEntries;
    if (busy && lag < lagMax) {
      arm(pause);
      return;
    }
    working = work(busy ? came : Number.POSITIVE_INFINITY).finally(() => {
      working = undefined;
    });
  };
  const work = async (allowance: number): Promise<void> => {
    try {
      for (let done = 0; !stopped && done < allowance; await nextTurn()) {
        const { followed, more } = await step();
        done += followed;
        lag = Math.max(0, lag - followed);
        if (!more) lag = 0;
        if (!more || (allowance === Number.POSITIVE_INFINITY && recent > busyEntries)) break;
      }
      if (lag > 0 || recent > 0) arm(pause);
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
