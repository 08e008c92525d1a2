/** kill -9 while events come through a channel: each that was acknowledged is in the event data store, once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { type CloudTrailData, cloudtrailDataClient } from '../src/testing/cloudtrailData.ts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 4;
const ACCOUNT = '000000000001';
const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };

async function start(t: TestContext, data: string) {
  const plane = await startedPlane(t, data, { key, flags: ['--trail-interval', '1'] });
  return { ...plane, cloudtrail: new CloudTrail(plane.config), data: cloudtrailDataClient(plane.config) };
}

test(`events of a channel survive ${KILLS} kills: none is lost, none is doubled`, async (t) => {
  const data = folder(t);
  const acknowledged: string[] = [];
  let plane = await start(t, data);
  const AdvancedEventSelectors = [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['ActivityAuditLog'] }] }];
  const { EventDataStoreArn = '' } = await plane.cloudtrail.createEventDataStore({
    Name: 'shop',
    AdvancedEventSelectors,
  });
  const Destinations = [{ Type: 'EVENT_DATA_STORE' as const, Location: EventDataStoreArn }];
  const { ChannelArn = '' } = await plane.cloudtrail.createChannel({ Name: 'shop', Source: 'Custom', Destinations });
  for (let kill = 0; kill < KILLS; kill++) {
    const running = hammered(plane.data, ChannelArn, kill, acknowledged);
    await pause(1100 + kill * 130);
    await Promise.all([running, plane.kill()]);
    plane = await start(t, data);
  }
  const found = await queried(
    plane.cloudtrail,
    EventDataStoreArn.slice(EventDataStoreArn.lastIndexOf('/') + 1),
    acknowledged,
  );
  assert.ok(acknowledged.length > KILLS * 10, `only ${acknowledged.length} events were acknowledged`);
  t.diagnostic(`${acknowledged.length} events acknowledged`);
  const counts = Map.groupBy(found, (id) => id);
  for (const id of acknowledged) assert.equal(counts.get(id)?.length, 1, id);
  assert.equal(counts.size, found.length);
});

const eventData = (UID: string) =>
  JSON.stringify({
    version: '1.0',
    userIdentity: { type: 'CustomUser', principalId: 'alice' },
    eventSource: 'shop.example.com',
    eventName: 'Checkout',
    eventTime: '2026-01-01T00:00:00Z',
    UID,
    recipientAccountId: ACCOUNT,
  });

/** Puts events, five at a time, until the plane is gone. */
async function hammered(
  client: CloudTrailData,
  channelArn: string,
  kill: number,
  acknowledged: string[],
): Promise<void> {
  for (let n = 0; ; n += 5) {
    const ids = Array.from({ length: 5 }, (_, each) => `${kill}-${n + each}`);
    try {
      const auditEvents = ids.map((id) => ({ id, eventData: eventData(id) }));
      const { successful } = await client.putAuditEvents({ channelArn, auditEvents });
      acknowledged.push(...successful.map(({ id }) => id));
    } catch {
      return;
    }
  }
}

/** What the store holds, once all that was acknowledged is there, and after a while in any case. */
async function queried(cloudtrail: CloudTrail, store: string, acknowledged: readonly string[]): Promise<string[]> {
  for (let turn = 0; ; turn++) {
    await pause(1500);
    const { QueryId = '' } = await cloudtrail.startQuery({
      QueryStatement: `SELECT eventData.UID AS id FROM ${store}`,
    });
    const found = await answerTo(cloudtrail, QueryId);
    if (turn === 20 || acknowledged.every((id) => found.includes(id))) return found;
  }
}

async function answerTo(cloudtrail: CloudTrail, QueryId: string): Promise<string[]> {
  let page = await cloudtrail.getQueryResults({ QueryId });
  while (page.QueryStatus === 'QUEUED' || page.QueryStatus === 'RUNNING') {
    await pause(200);
    page = await cloudtrail.getQueryResults({ QueryId });
  }
  assert.equal(page.QueryStatus, 'FINISHED', page.ErrorMessage ?? '');
  const rows = [...(page.QueryResultRows ?? [])];
  while (page.NextToken) {
    page = await cloudtrail.getQueryResults({ QueryId, NextToken: page.NextToken });
    rows.push(...(page.QueryResultRows ?? []));
  }
  return rows.map((row) => row[0]?.id ?? '');
}
