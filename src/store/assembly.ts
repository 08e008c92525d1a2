/** A store out of a driver: runs the work of requests, again when it lost, and puts the parts together. */
import { committed } from './committed.ts';
import type { Driver, Learner } from './driver.ts';
import { groupCommit } from './groupCommit.ts';
import { journalOver } from './journal.ts';
import { spaceKey } from './keys.ts';
import type { Store, StoreOptions, Transaction } from './store.ts';
import { transactionOver } from './transaction.ts';
import { type WriteSet, writeSet } from './writeSet.ts';

const cachedRowsMax = 200_000;
/** From here on those that lost run one after the other. */
const freeAttempts = 3;
const attemptsMax = 40;

/** Work that lost against others every time it was tried. */
export class StoreBusy extends Error {
  override readonly name = 'StoreBusy';
}

/** Runs work as `Store.transaction` does; the inner write set is for what the store itself writes. */
export type Run = <T>(work: (tx: Transaction, set: WriteSet) => Promise<T>) => Promise<T>;

export function assembleStore(connect: (learner: Learner) => Driver, options: StoreOptions): Store {
  const state = committed(connect, options.cachedRowsMax ?? cachedRowsMax);
  const { driver } = state;
  let closed = false;
  const group = groupCommit(state, (entries) => journal.appended(entries));
  const queue = turns();

  const attempt = async <T>(
    work: (tx: Transaction, set: WriteSet) => Promise<T>,
  ): Promise<{ value: T } | undefined> => {
    if (closed) throw new Error('the store is closed');
    const set = writeSet(state.log.known());
    state.active.add(set);
    try {
      const value = await work(transactionOver(state, set), set);
      set.ended = true;
      const idle = set.rows.size + set.bytes.size + set.journal.length + set.lookups.length === 0;
      if (!idle) return (await group.submit(set)) ? { value } : undefined;
      await group.settled(); // It may have read what is not yet durable.
      return { value };
    } finally {
      set.ended = true;
      state.active.delete(set);
      state.trim();
    }
  };
  const run: Run = async (work) => {
    for (let tried = 0; tried < freeAttempts; tried++) {
      const done = await attempt(work);
      if (done !== undefined) return done.value;
    }
    return queue(async () => {
      for (let tried = freeAttempts; tried < attemptsMax; tried++) {
        const done = await attempt(work);
        if (done !== undefined) return done.value;
      }
      throw new StoreBusy(`the rows it needs changed ${attemptsMax} times while it worked`);
    });
  };
  const journal = journalOver(driver, run, options);
  return {
    journal: journal.journal,
    transaction: (work) => run(work),
    watch: (table, part, ring) => state.watch(spaceKey(table.name, [part]), ring),
    clear: () =>
      group.alone(async () => {
        state.reset(await driver.clear());
      }),
    async close() {
      if (closed) return;
      await journal.stop();
      await group.drain();
      closed = true;
      await driver.close();
    },
  };
}

/** One at a time, in the order they came. */
function turns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
