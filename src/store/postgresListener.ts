/**
 * Hears from PostgreSQL that another gateway has committed. While it cannot hear, nothing is kept in memory: every read
 * asks the database, until the connection is back.
 */
import pg from 'pg';
import type { Learner } from './driver.ts';
import { learnChanges } from './postgresChanges.ts';

/** Milliseconds. */
const reconnectPause = 500;

export interface Listener {
  /** @throws when the first connection fails; later ones are tried again. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function listener(pool: pg.Pool, url: string, learner: Learner, log: (error: unknown) => void): Listener {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let told = 0;
  let learning: Promise<void> | undefined;

  const learn = async (): Promise<void> => {
    while (!stopped && told > learner.known()) await learnChanges(pool, learner, told);
  };
  const heard = (number: number): void => {
    told = Math.max(told, number);
    learning ??= learn()
      .catch(log)
      .finally(() => {
        learning = undefined;
      });
  };
  const lost = (of: pg.Client) => (error?: unknown) => {
    if (client !== of) return;
    client = undefined;
    learner.keep(false);
    if (error !== undefined && !stopped) log(error);
    of.end().catch(() => undefined);
    again();
  };
  const again = (): void => {
    if (!stopped) timer = setTimeout(() => connect().catch(retry), reconnectPause).unref();
  };
  const retry = (error: unknown): void => {
    log(error);
    again();
  };
  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: url, application_name: 'gatehouse', keepAlive: true });
    const fail = lost(next);
    next.on('error', fail);
    next.on('end', () => fail());
    next.on('notification', ({ payload }) => heard(Number(payload)));
    const head = await listening(next);
    client = next;
    learner.forget(head);
    learner.keep(true);
  };
  return {
    async start() {
      learner.keep(false);
      await connect();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await learning;
      await client?.end();
    },
  };
}

/** Connects and listens; returns the number of the last commit. */
async function listening(client: pg.Client): Promise<number> {
  try {
    await client.connect();
    await client.query('listen gatehouse');
    const head = await client.query('select number from gatehouse.head');
    return Number(head.rows[0].number);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
