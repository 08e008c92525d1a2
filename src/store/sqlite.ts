/**
 * The embedded store: one file, one process. Every statement answers at once, so a group is one uninterrupted piece of
 * work and nothing is ever read between its begin and its commit.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { assembleStore } from './assembly.ts';
import type { Batch, Driver, Learner } from './driver.ts';
import { sqliteJournal, transactionsOn } from './sqliteJournal.ts';
import { sqliteLog } from './sqliteLog.ts';
import { prepareSchema } from './sqliteSchema.ts';
import type { Store, StoreOptions } from './store.ts';

/**
 * Opens the store in a file, made if need be; `:memory:` keeps nothing.
 * @throws Error when another process has it open or a newer program wrote it.
 */
export async function openSqlite(file: string, options: StoreOptions): Promise<Store> {
  const database = openDatabase(file);
  return assembleStore((learner) => sqliteDriver(database, file, learner), options);
}

/** The file stays locked until it is closed or the process ends, however it ends. */
function openDatabase(file: string): DatabaseSync {
  if (file !== ':memory:') makePrivate(file);
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = off');
    database.exec('pragma cache_size = -8192; pragma wal_autocheckpoint = 0; pragma temp_store = memory');
    database.exec('begin immediate; commit');
    prepareSchema(database, file);
  } catch (error) {
    database.close();
    throw isBusy(error) ? new Error(`${file} is in use by another gatehouse (pid ${ownerOf(file)})`) : error;
  }
  if (file !== ':memory:') writeFileSync(ownerFile(file), String(process.pid), { mode: 0o600 });
  return database;
}

/** Only a missing file is touched: closing an open one, even a copy of it, would drop this process's locks on it. */
function makePrivate(file: string): void {
  if (!existsSync(file)) writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
}

function sqliteDriver(database: DatabaseSync, file: string, learner: Learner): Driver {
  const select = rowsAsArrays(database, 'select body from row where key = ?');
  const selectBytes = rowsAsArrays(database, 'select bytes from bytes where id = ?');
  const range = {
    row: rowsAsArrays(database, 'select key, body from row where key >= ? and key < ? order by key limit ?'),
    entry: rowsAsArrays(database, 'select key from entry where key >= ? and key < ? order by key limit ?'),
  };
  const count = {
    row: rowsAsArrays(database, 'select count(*) from row where key >= ? and key < ?'),
    entry: rowsAsArrays(database, 'select count(*) from entry where key >= ? and key < ?'),
  };
  const inTransaction = transactionsOn(database);
  const { journal, append, index, restart } = sqliteJournal(database, inTransaction);
  const log = file === ':memory:' ? undefined : sqliteLog(database, file);
  const write = rowWriter(database);
  return {
    row: (key) => (select.get(key) as unknown as [string] | undefined)?.[0],
    bytes: (id) => (selectBytes.get(id) as unknown as [Uint8Array] | undefined)?.[0],
    range: (kind, from, to, limit) =>
      (range[kind].all(from, to, limit) as unknown as [string, string?][]).map(([key, body]) =>
        body === undefined ? { key } : { key, body },
      ),
    count: (kind, from, to) => ({ value: (count[kind].get(from, to) as unknown as [number])[0] }),
    commit(batch) {
      const tip = inTransaction(() => {
        write(batch);
        index(batch.lookups);
        return append(batch.journal);
      });
      restart(tip);
    },
    ...(log !== undefined && { flush: log.flush, tidy: log.tidy }),
    refused: () => true,
    journal: {
      ...journal,
      prune: (...what) => log?.tidying?.then(() => journal.prune(...what)) ?? journal.prune(...what),
    },
    clear() {
      inTransaction(() => {
        database.exec('delete from row; delete from entry; delete from journal; delete from lookup; delete from bytes');
        database.exec('update last set sequence = 0');
      });
      restart(0);
      return learner.known() + 1;
    },
    close() {
      database.exec('pragma synchronous = full'); // For the last time the log is copied.
      database.close();
      log?.close();
      if (file !== ':memory:') rmSync(ownerFile(file), { force: true });
    },
  };
}

function rowWriter(database: DatabaseSync) {
  const put = database.prepare(
    'insert into row (key, body) values (?, ?) on conflict (key) do update set body = excluded.body',
  );
  const drop = database.prepare('delete from row where key = ?');
  const keep = database.prepare('insert or replace into bytes (id, bytes) values (?, ?)');
  const forget = database.prepare('delete from bytes where id = ?');
  const add = database.prepare('insert or ignore into entry (key) values (?)');
  const take = database.prepare('delete from entry where key = ?');
  return (batch: Batch): void => {
    for (const key of batch.drops) drop.run(key);
    for (const key of batch.entriesDropped) take.run(key);
    for (const { key, body } of batch.puts) put.run(key, body);
    for (const key of batch.entriesAdded) add.run(key);
    for (const id of batch.bytesDropped) forget.run(id);
    for (const { id, bytes } of batch.bytes) keep.run(id, bytes);
  };
}

function rowsAsArrays(database: DatabaseSync, sql: string) {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}

function isBusy(error: unknown): boolean {
  const busy = 5;
  const locked = 6;
  const code = Number((error as { errcode?: number }).errcode) & 0xff;
  return code === busy || code === locked;
}

function ownerFile(file: string): string {
  return `${file}.pid`;
}

function ownerOf(file: string): string {
  try {
    return readFileSync(ownerFile(file), 'utf8');
  } catch {
    return 'unknown';
  }
}
