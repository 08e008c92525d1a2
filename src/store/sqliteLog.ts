/**
 * The write-ahead log of SQLite, made durable and emptied beside the event loop. SQLite itself syncs nothing
 * (`synchronous = off`): what it would do while everybody waits, this does in the order that makes it safe.
 *
 * 1. After each commit, before anybody hears of it, the log is synced.
 * 2. When the log is long, it is synced, its pages are copied into the file, the file is synced, and only then does the
 *    next commit begin, which may overwrite the log from its start.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** Pages of 4 KiB. A longer log copies fewer pages twice; copying takes about 5 µs a page on the event loop. */
const PAGES_MAX = 1500;
/** Asked once in so many commits. */
const COMMITS_BETWEEN = 16;

export interface SqliteLog {
  /** Makes durable what was committed. */
  flush(): Promise<void>;
  /** Empties a long log; nothing may be committed until that resolves. Undefined when there is nothing to do. */
  tidy(): Promise<void> | undefined;
  /** What `tidy` is at. */
  readonly tidying: Promise<void> | undefined;
  /** After the database is closed: closing a handle of its file drops this process's locks. */
  close(): void;
}

export function sqliteLog(database: DatabaseSync, file: string): SqliteLog {
  const length = database.prepare('pragma wal_checkpoint(noop)');
  const copy = database.prepare('pragma wal_checkpoint(passive)');
  const pages = openSync(file, 'r+');
  const log = openSync(`${file}-wal`, 'r+');
  let commits = 0;
  let tidying: Promise<void> | undefined;
  const emptied = async (): Promise<void> => {
    await synced(log);
    copy.get();
    await synced(pages);
  };
  return {
    flush: () => synced(log),
    tidy() {
      if (++commits % COMMITS_BETWEEN !== 0 || Number(length.get()?.log) < PAGES_MAX) return undefined;
      tidying = emptied().finally(() => {
        tidying = undefined;
      });
      return tidying;
    },
    get tidying() {
      return tidying;
    },
    close() {
      closeSync(log);
      closeSync(pages);
    },
  };
}

function synced(handle: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(handle, (error) => (error ? reject(error) : resolve()));
  });
}
