/**
 * The scale-out store: several gateways on one PostgreSQL. A group locks the head, learns what others committed since,
 * is checked in memory like in SQLite, and writes with one statement per kind of row. Between groups a notice tells
 * each gateway that there is something to learn; it reads what changed from the database, so no notice can be too long
 * and a lost one costs nothing but time.
 */
import pg from 'pg';
import { assembleStore } from './assembly.ts';
import type { Batch, Driver, Learner } from './driver.ts';
import { rowOfEntry } from './keys.ts';
import { learnChanges, notify, tellChange } from './postgresChanges.ts';
import { postgresJournal } from './postgresJournal.ts';
import { type Listener, listener } from './postgresListener.ts';
import { preparePostgres } from './postgresSchema.ts';
import type { Store, StoreOptions } from './store.ts';

/**
 * Opens the store in a database, made if need be.
 * @throws Error when it cannot be reached or a newer program made its tables.
 */
export async function openPostgres(url: string, options: StoreOptions): Promise<Store> {
  const pool = new pg.Pool({ connectionString: url, max: 8, application_name: 'gatehouse' });
  pool.on('error', options.log);
  try {
    const client = await pool.connect();
    await preparePostgres(client).finally(() => client.release());
    return await connected(pool, url, options);
  } catch (error) {
    await pool.end();
    throw error;
  }
}

async function connected(pool: pg.Pool, url: string, options: StoreOptions): Promise<Store> {
  let listening: Listener | undefined;
  const store = assembleStore((learner) => {
    listening = listener(pool, url, learner, options.log);
    return postgresDriver(pool, learner, listening);
  }, options);
  try {
    await listening?.start();
  } catch (error) {
    await listening?.stop();
    throw error;
  }
  return store;
}

/** The group in progress: its connection, and what the head said when it was locked. */
interface Group {
  readonly client: pg.PoolClient;
  readonly sequence: number;
}

function postgresDriver(pool: pg.Pool, learner: Learner, listening: Listener): Driver {
  let group: Group | undefined;
  const end = async (statement: 'commit' | 'rollback'): Promise<void> => {
    const ending = group;
    group = undefined;
    await ending?.client.query(statement).then(
      () => ending.client.release(),
      (error) => {
        ending.client.release(true);
        throw error;
      },
    );
  };
  const abandon = (): Promise<void> => end('rollback').catch(() => undefined);
  return {
    ...reads(pool),
    async begin() {
      group = await lockHead(pool, learner);
    },
    async commit(batch, number) {
      if (group === undefined) throw new Error('no group has begun');
      try {
        await writeBatch(group, batch, number);
      } catch (error) {
        await abandon();
        throw error;
      }
      await end('commit');
    },
    abandon,
    refused: (error) => error instanceof pg.DatabaseError && /^(22|23|54)/.test(error.code ?? ''),
    journal: postgresJournal(pool),
    async clear() {
      group = await lockHead(pool, learner);
      const number = learner.known() + 1;
      try {
        await clearTables(group.client, number);
      } catch (error) {
        await abandon();
        throw error;
      }
      await end('commit');
      return number;
    },
    async close() {
      await listening.stop();
      await pool.end();
    },
  };
}

async function lockHead(pool: pg.Pool, learner: Learner): Promise<Group> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const head = (await client.query('select number, sequence from gatehouse.head for update')).rows[0];
    if (Number(head.number) > learner.known()) await learnChanges(client, learner, Number(head.number));
    return { client, sequence: Number(head.sequence) };
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function reads(pool: pg.Pool): Pick<Driver, 'row' | 'bytes' | 'range' | 'count'> {
  const range = {
    row: 'select key, body from gatehouse.row where key >= $1 and key < $2 order by key limit $3',
    entry: `select e.key, r.body from gatehouse.entry e join gatehouse.row r on r.key = e.row
      where e.key >= $1 and e.key < $2 order by e.key limit $3`,
  };
  return {
    async row(key) {
      const found = await pool.query({
        name: 'row',
        text: 'select body from gatehouse.row where key = $1',
        values: [key],
      });
      return found.rows[0]?.body;
    },
    async bytes(id) {
      const text = 'select bytes from gatehouse.bytes where id = $1';
      return (await pool.query({ name: 'bytes', text, values: [id] })).rows[0]?.bytes;
    },
    async range(kind, from, to, limit) {
      return (await pool.query({ name: `range-${kind}`, text: range[kind], values: [from, to, limit] })).rows;
    },
    async count(kind, from, to) {
      const text = `select (select count(*) from gatehouse.${kind} where key >= $1 and key < $2) as value,
        (select number from gatehouse.head) as at`;
      const found = (await pool.query({ name: `count-${kind}`, text, values: [from, to] })).rows[0];
      return { value: Number(found.value), at: Number(found.at) };
    },
  };
}

async function writeBatch({ client, sequence }: Group, batch: Batch, number: number): Promise<void> {
  for (const { text, values } of statements(batch, sequence)) {
    if (values[0]!.length > 0) await client.query({ name: text.slice(0, 60), text, values: [...values] });
  }
  const changed = batch.changes.length > 0;
  if (changed) await tellChange(client, number, JSON.stringify(batch.changes, ['key', 'delta']));
  const head = 'update gatehouse.head set sequence = $1, number = coalesce($2, number)';
  await client.query(head, [sequence + batch.journal.length, changed ? number : null]);
}

/** What a batch writes, a column each; a statement without rows is left out. */
function statements(batch: Batch, sequence: number) {
  const { puts, journal, lookups } = batch;
  const entryRows = batch.entriesAdded.map(rowOfEntry);
  return [
    { text: 'delete from gatehouse.row where key = any($1::text[])', values: [batch.drops] },
    { text: 'delete from gatehouse.entry where key = any($1::text[])', values: [batch.entriesDropped] },
    {
      text: `insert into gatehouse.row (key, body) select * from unnest($1::text[], $2::text[])
        on conflict (key) do update set body = excluded.body`,
      values: [puts.map((put) => put.key), puts.map((put) => put.body)],
    },
    { text: 'delete from gatehouse.bytes where id = any($1::text[])', values: [batch.bytesDropped] },
    {
      text: `insert into gatehouse.bytes (id, bytes) select * from unnest($1::text[], $2::bytea[])
        on conflict (id) do update set bytes = excluded.bytes`,
      values: [batch.bytes.map(({ id }) => id), batch.bytes.map(({ bytes }) => Buffer.from(bytes))],
    },
    {
      text: `insert into gatehouse.entry (key, row) select * from unnest($1::text[], $2::text[]) on conflict do nothing`,
      values: [batch.entriesAdded, entryRows],
    },
    {
      text: `insert into gatehouse.lookup select * from unnest($1::bigint[], $2::bigint[], $3::bigint[])
        on conflict do nothing`,
      values: [lookups.map((row) => row.scope), lookups.map((row) => row.time), lookups.map((row) => row.sequence)],
    },
    {
      text: `insert into gatehouse.journal (sequence, id, kind, account, region, time, body)
        select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])`,
      values: [
        journal.map((_, at) => sequence + 1 + at),
        ...(['id', 'kind', 'account', 'region', 'time', 'body'] as const).map((name) =>
          journal.map((row) => row[name]),
        ),
      ],
    },
  ];
}

async function clearTables(client: pg.PoolClient, number: number): Promise<void> {
  await client.query(`
    delete from gatehouse.row; delete from gatehouse.entry; delete from gatehouse.journal;
    delete from gatehouse.lookup; delete from gatehouse.change; delete from gatehouse.bytes`);
  await client.query('update gatehouse.head set number = $1, sequence = 0', [number]);
  await notify(client, number);
}
