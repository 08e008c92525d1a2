/** One suite for every store. What only one of them promises is in sqlite.test.ts and postgres.test.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { countSuite } from './conformance/counts.ts';
import { type Open, storeOptions } from './conformance/fixtures.ts';
import { journalSuite } from './conformance/journal.ts';
import { listingSuite } from './conformance/listing.ts';
import { findPostgres } from './conformance/postgresCluster.ts';
import { rowSuite } from './conformance/rows.ts';
import { openStore } from './open.ts';
import type { Store } from './store.ts';

const postgres = await findPostgres();
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
after(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true });
});

describe('in memory', () => suites(async () => ':memory:'));

let files = 0;
describe('SQLite', () => suites(async () => `sqlite:${join(folder, `${files++}.db`)}`));

if (postgres === undefined) test('PostgreSQL', { skip: 'skipped: no PostgreSQL' });
else
  describe('PostgreSQL', () =>
    suites(
      once(() => postgres.database()),
      true,
    ));

/** `shared` when the URL is the same every time: then each test closes the store of the one before and empties it. */
function suites(url: () => Promise<string>, shared = false): void {
  const opened: Store[] = [];
  const closeAll = async (): Promise<void> => {
    for (const store of opened.splice(0)) await store.close();
  };
  const open: Open = async (options) => {
    if (shared) await closeAll();
    const store = await openStore(await url(), { ...storeOptions, ...options });
    opened.push(store);
    if (shared) await store.clear();
    return store;
  };
  for (const suite of [rowSuite, listingSuite, countSuite, journalSuite]) describe(suite.name, () => suite(open));
  after(closeAll);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
