/** What commits changed, as gateways on one PostgreSQL tell each other. */
import type pg from 'pg';
import type { Change, Learner } from './driver.ts';

/**
 * Commits whose changes are kept for gateways that have yet to learn them; who is further behind forgets all it knew.
 */
const changesKept = 1000;

/** Learns what was committed up to `number`. */
export async function learnChanges(client: pg.Pool | pg.PoolClient, learner: Learner, number: number): Promise<void> {
  const known = learner.known();
  const found = await client.query(
    'select number, changes from gatehouse.change where number > $1 and number <= $2 order by number',
    [known, number],
  );
  if (learner.known() >= number) return;
  if (Number(found.rows[0]?.number) !== known + 1 || found.rows.length !== number - known) {
    learner.forget(number);
    return;
  }
  learner.learn(
    found.rows.map((row) => ({ number: Number(row.number), changes: JSON.parse(row.changes) as Change[] })),
  );
}

export async function tellChange(client: pg.PoolClient, number: number, changes: string): Promise<void> {
  await client.query('insert into gatehouse.change (number, changes) values ($1, $2)', [number, changes]);
  await notify(client, number);
  if (number % 100 === 0) {
    await client.query('delete from gatehouse.change where number < $1', [number - changesKept]);
  }
}

export async function notify(client: pg.PoolClient, number: number): Promise<void> {
  await client.query("select pg_notify('gatehouse', $1)", [String(number)]);
}
