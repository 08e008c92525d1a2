/** The journal in SQLite: entries by position, look-up rows by scope and time. */
import type { DatabaseSync } from 'node:sqlite';
import type { JournalDriver, LookupRow, Place } from './driver.ts';
import { type RecentReads, recentReads } from './recentReads.ts';
import type { JournalEntry, JournalRow } from './store.ts';

export interface SqliteJournal {
  readonly journal: JournalDriver;
  /** Writes entries within a transaction; returns the last position, which counts once it is committed. */
  append(entries: readonly JournalEntry[]): number;
  index(rows: readonly LookupRow[]): void;
  /** Sets the position of the last durable entry. */
  restart(tip: number): void;
}

/** Look-up rows in one statement: it is entering the database that costs. */
const ROWS_AT_ONCE = 64;

const columns = 'sequence, id, kind, account, region, time, body';

export function sqliteJournal(database: DatabaseSync, inTransaction: InTransaction): SqliteJournal {
  const insert = database.prepare(`insert into journal (${columns}) values (?, ?, ?, ?, ?, ?, ?)`);
  const insertLookup = database.prepare('insert or ignore into lookup values (?, ?, ?)');
  const places = Array.from({ length: ROWS_AT_ONCE }, () => '(?, ?, ?)').join();
  const insertMany = database.prepare(`insert or ignore into lookup values ${places}`);
  const after = database.prepare(`select ${columns} from journal where sequence > ? order by sequence limit ?`);
  const recent = recentReads((position, limit) => after.all(position, limit) as unknown as JournalRow[]);
  let tip = durableTip(database);
  return {
    journal: journalDriver(database, inTransaction, () => tip, recent),
    append(entries) {
      let sequence = tip;
      for (const { id, kind, account, region, time, body } of entries) {
        insert.run(++sequence, id, kind, account, region, time, body);
      }
      return sequence;
    },
    index(rows) {
      let done = 0;
      for (; done + ROWS_AT_ONCE <= rows.length; done += ROWS_AT_ONCE) {
        const values: number[] = [];
        for (let n = done; n < done + ROWS_AT_ONCE; n++) {
          const { scope, time, sequence } = rows[n]!;
          values.push(scope, time, sequence);
        }
        insertMany.run(...values);
      }
      for (const { scope, time, sequence } of rows.slice(done)) insertLookup.run(scope, time, sequence);
    },
    restart(to) {
      if (to < tip) recent.forget();
      tip = to;
    },
  };
}

/** Runs `work` in one transaction: committed when this returns, undone when it throws. */
export type InTransaction = <T>(work: () => T) => T;

export function transactionsOn(database: DatabaseSync): InTransaction {
  const begin = database.prepare('begin immediate');
  const commit = database.prepare('commit');
  return (work) => {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      throw error;
    }
  };
}

function journalDriver(
  database: DatabaseSync,
  inTransaction: InTransaction,
  tip: () => number,
  recent: RecentReads,
): JournalDriver {
  const one = database.prepare(`select ${columns} from journal where sequence = ?`);
  const back = database.prepare(
    `select time, sequence from lookup where scope = ? and (time, sequence) <= (?, ?) and time >= ?
     order by time desc, sequence desc limit ?`,
  );
  const oldest = database.prepare(
    'select time, sequence from lookup where scope = ? and time < ? order by time, sequence limit ?',
  );
  const forget = database.prepare('delete from journal where sequence = ?');
  const forgetLookup = database.prepare('delete from lookup where scope = ? and time = ? and sequence = ?');
  const keepTip = database.prepare('update last set sequence = ?');
  return {
    tip,
    read: recent.read,
    entries: (sequences) =>
      sequences.map((sequence) => one.get(sequence) as unknown as JournalRow).filter((entry) => entry !== undefined),
    lookup: (scope, before, from, limit) =>
      back.all(scope, before.time, before.sequence, from, limit) as unknown as Place[],
    oldest: (scope, before, limit) => oldest.all(scope, before, limit) as unknown as Place[],
    prune: (sequences, lookups) =>
      inTransaction(() => {
        recent.forget();
        keepTip.run(tip());
        for (const sequence of sequences) forget.run(sequence);
        for (const { scope, time, sequence } of lookups) forgetLookup.run(scope, time, sequence);
      }),
  };
}

function durableTip(database: DatabaseSync): number {
  const last = database.prepare('select max((select max(sequence) from journal), (select sequence from last)) as tip');
  const kept = database.prepare('select sequence as tip from last');
  return Number(last.get()?.tip ?? kept.get()?.tip ?? 0);
}
