/**
 * The store's tables in PostgreSQL, in a schema of their own. The one row of `head` is the lock that every group holds
 * from begin to commit: so commits have an order, and journal positions become visible in order. `change` tells other
 * gateways what each commit changed.
 */
import type { PoolClient } from 'pg';

const version = 2;
/** Chosen once: whoever makes the tables holds this lock. */
const makingLock = 4_566_001;

const bytes = 'create table gatehouse.bytes (id text primary key, bytes bytea not null)';
const tables = `
  create table gatehouse.row (key text collate "C" primary key, body text not null);
  create table gatehouse.entry (key text collate "C" primary key, row text collate "C" not null);
  create table gatehouse.journal (
    sequence bigint primary key, id text not null, kind text not null, account text not null, region text not null,
    time bigint not null, body text not null);
  create table gatehouse.lookup (
    scope bigint not null, time bigint not null, sequence bigint not null,
    primary key (scope, time, sequence));
  create table gatehouse.change (number bigint primary key, changes text not null);
  ${bytes};
  create table gatehouse.head (version integer not null, number bigint not null, sequence bigint not null);
  insert into gatehouse.head values (${version}, 0, 0);
`;

/** @throws Error when a newer program made the tables. */
export async function preparePostgres(client: PoolClient): Promise<void> {
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1)', [makingLock]);
    const made = await client.query("select to_regclass('gatehouse.head') is not null as made");
    if (made.rows[0].made) await requireKnown(client);
    else await client.query(`create schema if not exists gatehouse; ${tables}`);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function requireKnown(client: PoolClient): Promise<void> {
  const found = (await client.query('select version from gatehouse.head')).rows[0].version;
  if (found > version) {
    throw new Error(
      `the database was set up by a newer gatehouse (schema ${found}; this one knows ${version}): start that one`,
    );
  }
  if (found < 2) await client.query(`${bytes}; update gatehouse.head set version = 2`);
}
