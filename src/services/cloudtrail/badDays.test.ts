/** Days on which the disk is full, the blob store is away, or the clock goes back: late is allowed, lost is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { asked, channelIn, contentOf, eventData, keysIn, later, loggingTrail, recordsIn, storeIn } from './fixtures.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const BOTH = [{ InsightType: 'ApiCallRateInsight' }, { InsightType: 'ApiErrorRateInsight' }] as const;

/** From now on `method` fails, until the function it returns is called. */
function broken<T extends object, K extends keyof T>(thing: T, method: K, message: string): () => void {
  const target = thing as Mutable<T>;
  const whole = target[method];
  target[method] = (async () => {
    throw new Error(message);
  }) as T[K];
  return () => {
    target[method] = whole;
  };
}

/** From now on it is so much earlier. */
function setBack(cloud: Cloud, milliseconds: number): void {
  const deps = cloud.deps as Mutable<Cloud['deps']>;
  const { now } = deps;
  deps.now = () => new Date(now().getTime() - milliseconds);
}

const namesOf = (records: readonly { readonly eventName: string }[], name: string) =>
  records.filter(({ eventName }) => eventName === name).length;

test('a blob store that is away holds up events and log files, and nothing is lost or doubled', async () => {
  const cloud = await testCloud();
  const { cloudtrailData, iam } = cloud.root;
  const bucket = await loggingTrail(cloud, 'kept');
  const management = await storeIn(cloud);
  const { store, channel } = await channelIn(cloud);
  const mended = broken(cloud.deps.blobs, 'stage', 'the blob store is away');
  await iam.createUser({ UserName: 'alice' });
  const auditEvents = [{ id: 'one', eventData: eventData(cloud.managementAccount) }];
  const { successful } = await cloudtrailData.putAuditEvents({ channelArn: channel, auditEvents });
  assert.equal(successful.length, 1);
  for (let turn = 0; turn < 3; turn++) await assert.rejects(later(cloud, 'PT5M'), /blob store is away/);
  assert.equal(namesOf(await recordsIn(cloud.root, bucket), 'CreateUser'), 0);
  mended();
  await later(cloud, 'PT5M');
  assert.equal(namesOf(await recordsIn(cloud.root, bucket), 'CreateUser'), 1);
  const outside = await asked(cloud, `SELECT eventID FROM ${store.id}`);
  assert.deepEqual(outside.rows, [{ eventID: successful[0]?.eventID }]);
  const users = await asked(cloud, `SELECT count(*) AS n FROM ${management.id} WHERE eventName = 'CreateUser'`);
  assert.deepEqual(users.rows, [{ n: '1' }]);
});

test('on a full disk nothing is acknowledged, and what was is delivered once there is room', async () => {
  const cloud = await testCloud();
  const { cloudtrailData, iam } = cloud.root;
  const bucket = await loggingTrail(cloud, 'kept');
  const { store, channel } = await channelIn(cloud);
  const put = (id: string) =>
    cloudtrailData.putAuditEvents({
      channelArn: channel,
      auditEvents: [{ id, eventData: eventData(cloud.managementAccount, { UID: id }) }],
    });
  await iam.createUser({ UserName: 'before' });
  await put('before');
  const mended = broken(cloud.deps.store, 'transaction', 'database or disk is full');
  // The gateway cannot even keep the record of its refusal.
  await assert.rejects(put('during'));
  await assert.rejects(iam.createUser({ UserName: 'during' }));
  await assert.rejects(later(cloud, 'PT5M'), /disk is full/);
  mended();
  await put('after');
  await later(cloud, 'PT5M');
  assert.equal(namesOf(await recordsIn(cloud.root, bucket), 'CreateUser'), 1);
  const { rows } = await asked(cloud, `SELECT eventData.UID AS id FROM ${store.id} ORDER BY id`);
  assert.deepEqual(rows, [{ id: 'after' }, { id: 'before' }]);
  await rejected(iam.getUser({ UserName: 'during' }), 'NoSuchEntity', /during/);
});

interface Digest {
  readonly digestStartTime: string;
  readonly digestEndTime: string;
  readonly logFiles: readonly { readonly s3Object: string }[];
}

test('a clock that goes back stops neither deliveries nor digests', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const bucket = await loggingTrail(cloud, 'kept', { EnableLogFileValidation: true });
  await later(cloud, 'PT30M');
  await iam.createUser({ UserName: 'first' });
  setBack(cloud, 3 * 3_600_000);
  await iam.createUser({ UserName: 'second' });
  await later(cloud, 'PT5M');
  assert.equal(namesOf(await recordsIn(cloud.root, bucket), 'CreateUser'), 2);
  await later(cloud, 'PT5M');
  for (let hour = 0; hour < 5; hour++) await later(cloud, 'PT1H');
  const folder = `AWSLogs/${cloud.managementAccount}/`;
  const files = (await keysIn(cloud.root, bucket, `${folder}CloudTrail/`)).filter((key) => key.endsWith('.gz'));
  const keys = await keysIn(cloud.root, bucket, `${folder}CloudTrail-Digest/us-east-1/`);
  const digests = await Promise.all(keys.map((key) => contentOf<Digest>(cloud.root, bucket, key)));
  const named = digests.flatMap(({ logFiles }) => logFiles.map(({ s3Object }) => s3Object));
  assert.equal(new Set(named).size, named.length);
  const early = files.filter((key) => key < `${folder}CloudTrail/us-east-1/2030/01/01/`);
  assert.equal(early.length > 0, true);
  for (const file of early) assert.equal(named.includes(file), true, file);
  const times = digests.map(({ digestStartTime, digestEndTime }) => [digestStartTime, digestEndTime]).toSorted();
  for (const [n, [start]] of times.entries()) if (n > 0) assert.equal(start, times[n - 1]?.[1]);
});

test('a clock that goes back makes no Insight of what is usual', async () => {
  const cloud = await testCloud();
  const { cloudtrail, iam } = cloud.root;
  await loggingTrail(cloud, 'watched');
  await cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors: [...BOTH] });
  let made = 0;
  const some = async (count: number) => {
    for (let n = 0; n < count; n++) await iam.createGroup({ GroupName: `group-${made++}` });
  };
  for (let window = 0; window < 38 * 12; window++) {
    if (window % 12 === 0) await some(4);
    cloud.advance('PT5M');
  }
  await some(1);
  await cloud.settle();
  setBack(cloud, 3_600_000);
  for (let window = 0; window < 14; window++) {
    await some(4);
    await later(cloud, 'PT5M');
  }
  const { Events } = await cloudtrail.lookupEvents({ EventCategory: 'insight' });
  assert.deepEqual(Events, []);
});
