/** What a store's file looks like inside, and whether this program knows it. */
import type { DatabaseSync } from 'node:sqlite';

/** What each version of the schema added to the one before. */
const steps: readonly string[] = [
  `
  create table row (key text primary key, body text not null) without rowid;
  create table entry (key text primary key) without rowid;
  create table journal (
    sequence integer primary key, id text not null, kind text not null, account text not null, region text not null,
    time integer not null, body text not null);
  create table lookup (
    scope integer not null, time integer not null, sequence integer not null,
    primary key (scope, time, sequence)) without rowid;
  create table last (sequence integer not null);
  insert into last values (0);`,
  'create table bytes (id text primary key, bytes blob not null)',
];
const version = steps.length;

/** @throws Error when a newer program wrote the file. */
export function prepareSchema(database: DatabaseSync, file: string): void {
  const found = Number(database.prepare('pragma user_version').get()!.user_version);
  if (found === version) return;
  if (found > version) {
    throw new Error(
      `${file} was written by a newer gatehouse (schema ${found}; this one knows ${version}): start that one, or choose another --data`,
    );
  }
  database.exec(`begin immediate; ${steps.slice(found).join(';')}; pragma user_version = ${version}; commit`);
}
