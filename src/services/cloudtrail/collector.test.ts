import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { timeUuid } from '../../core/ids.ts';
import type { Surroundings } from '../../core/worker.ts';
import { errand } from '../../gateway/errand.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { trailCollector } from './behind.ts';
import { keysIn, loggingTrail, recordsIn } from './fixtures.ts';

const ENTRIES = 24_000;

/** The last record of the journal, again and again. */
async function repeated({ deps, now }: Cloud, times: number): Promise<void> {
  const last = (await deps.store.journal.read(0, 1000)).at(-1)!;
  const { kind, account, region } = last;
  for (let left = times; left > 0; left -= 400) {
    await deps.store.transaction(async (tx) => {
      for (let n = 0; n < Math.min(400, left); n++) {
        const id = timeUuid(now(), deps);
        tx.append({ id, kind, account, region, time: now().getTime(), body: last.body.replace(last.id, id) });
      }
    });
  }
  await deps.store.journal.catchUp();
}

/** The most entries that were read before others had a turn. */
async function mostInATurn(
  { store }: Surroundings,
  work: (store: Surroundings['store']) => Promise<void>,
): Promise<number> {
  const read = async (from: number, limit: number) => {
    const entries = await store.journal.read(from, limit);
    inTurn += entries.length;
    most = Math.max(most, inTurn);
    return entries;
  };
  let [inTurn, most, on] = [0, 0, true];
  const tick = () => {
    inTurn = 0;
    if (on) setImmediate(tick);
  };
  setImmediate(tick);
  await work({ ...store, journal: { ...store.journal, read } });
  on = false;
  return most;
}

test('many records are gathered in short turns, into files of bounded size, each record once', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'audit');
  await cloud.root.iam.createGroup({ GroupName: 'staff' });
  await repeated(cloud, ENTRIES);
  cloud.advance('PT5M');
  const around: Surroundings = { ...cloud.deps, errand: (as, work) => errand(cloud.deps, as, work) };
  const most = await mostInATurn(around, async (store) => {
    while (await trailCollector.work({ ...around, store })) await nextTurn();
  });
  assert.ok(most > 0 && most <= ENTRIES / 2, `${most} entries in one turn`);
  await cloud.settle();
  const records = await recordsIn(cloud.root, bucket);
  assert.equal(new Set(records.map(({ eventID }) => eventID)).size, ENTRIES + 2);
  assert.equal(records.length, ENTRIES + 2);
  assert.ok((await keysIn(cloud.root, bucket)).length > 1);
});
