import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { attributesOf, bodies, MY_APP, queue } from './fixtures.ts';

const BUS = 'arn:aws:events:us-east-1:111122223333:event-bus/secret';

/** A key that EventBridge may use for the bus. */
async function keyFor({ root: { kms }, managementAccount }: Cloud, Service = 'events.amazonaws.com') {
  const Statement = [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${managementAccount}:root` }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { Service }, Action: 'kms:DescribeKey', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { Service },
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:EncryptionContext:aws:events:event-bus:arn': BUS, 'aws:SourceArn': BUS },
      },
    },
  ];
  const { KeyMetadata } = await kms.createKey({ Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  return KeyMetadata!.KeyId!;
}

async function secretBus(cloud: Cloud) {
  const KmsKeyIdentifier = await keyFor(cloud);
  const { events } = cloud.root;
  const dead = await queue(cloud.root, 'dead');
  const made = { Name: 'secret', KmsKeyIdentifier, DeadLetterConfig: { Arn: dead.arn } };
  assert.equal((await events.createEventBus(made)).KmsKeyIdentifier, KmsKeyIdentifier);
  const orders = await queue(cloud.root, 'orders');
  await events.putRule({ Name: 'mine', EventBusName: 'secret', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'mine', EventBusName: 'secret', Targets: [{ Id: 'q', Arn: orders.arn }] });
  return { KmsKeyIdentifier, orders, dead };
}

const send = ({ root }: Cloud, detail: object) =>
  root.events.putEvents({
    Entries: [
      { EventBusName: 'secret', Source: 'my.app', DetailType: 'Order', Detail: JSON.stringify(detail) },
      { EventBusName: 'secret', Source: 'other.app', DetailType: 'Order', Detail: JSON.stringify(detail) },
    ],
  });

test('what events on a bus with a key say lies encrypted, and reaches targets in clear', async () => {
  const cloud = await testCloud();
  const { KmsKeyIdentifier, orders } = await secretBus(cloud);
  const { events } = cloud.root;
  assert.equal((await events.describeEventBus({ Name: 'secret' })).KmsKeyIdentifier, KmsKeyIdentifier);
  await send(cloud, { card: '4111-1111' });
  const kept = async () => (await cloud.deps.store.journal.read(0, 10_000)).map(({ body }) => body).join();
  assert.ok(!(await kept()).includes('4111-1111'));
  await cloud.settle();
  const [event, ...more] = bodies(await orders.received());
  assert.deepEqual([event.detail, event.source, more], [{ card: '4111-1111' }, 'my.app', []]);
  assert.ok(!(await kept()).includes('4111-1111'));
  await events.updateEventBus({ Name: 'secret' });
  assert.equal((await events.describeEventBus({ Name: 'secret' })).KmsKeyIdentifier, undefined);
  await send(cloud, { n: 1 });
  await cloud.settle();
  assert.equal((await orders.received()).length, 1);
});

test('what KMS refuses to encrypt goes to the dead-letter queue of the bus', async () => {
  const cloud = await testCloud();
  const { KmsKeyIdentifier: KeyId, orders, dead } = await secretBus(cloud);
  await send(cloud, { n: 1 });
  await cloud.root.kms.disableKey({ KeyId });
  await send(cloud, { n: 2 });
  await cloud.settle();
  assert.deepEqual(
    bodies(await orders.received()).map(({ detail }) => detail.n),
    [1, 2],
    'a data key serves for a while',
  );
  cloud.advance('PT6M');
  assert.equal((await send(cloud, { n: 3 })).FailedEntryCount, 0);
  await cloud.settle();
  assert.deepEqual(await orders.received(), []);
  const letters = await dead.received();
  assert.deepEqual(
    bodies(letters).map(({ detail }) => detail.n),
    [3, 3],
  );
  const { EVENT_BUS_ARN, ERROR_CODE } = attributesOf(letters[0]!);
  assert.deepEqual([EVENT_BUS_ARN, ERROR_CODE], [BUS, 'NO_PERMISSIONS']);
});

test('a key must be there, symmetric, and open to the caller and to EventBridge', async () => {
  const cloud = await testCloud();
  const { events, kms } = cloud.root;
  const create = (KmsKeyIdentifier: string) => events.createEventBus({ Name: 'secret', KmsKeyIdentifier });
  await refusal(create('alias/none'), 'ValidationException');
  const closed = await kms.createKey({});
  await refusal(create(closed.KeyMetadata!.KeyId!), 'ValidationException');
  const sign = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  await refusal(create(sign.KeyMetadata!.KeyId!), 'ValidationException');
  const open = await keyFor(cloud);
  const maker = await cloud.user('maker', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'events:*', Resource: '*' }],
  });
  const KmsKeyIdentifier = `arn:aws:kms:us-east-1:${cloud.managementAccount}:key/${open}`;
  await refusal(maker.events.createEventBus({ Name: 'secret', KmsKeyIdentifier }), 'AccessDeniedException');
  await create(open);
});

test('an archive with a key keeps events encrypted, and replays them while KMS opens them', async () => {
  const cloud = await testCloud({ now: new Date('2026-03-01T12:00:00Z') });
  const { orders, KmsKeyIdentifier } = await secretBus(cloud);
  const { events, kms } = cloud.root;
  await events.createArchive({ ArchiveName: 'all', EventSourceArn: BUS, KmsKeyIdentifier });
  assert.equal((await events.describeArchive({ ArchiveName: 'all' })).KmsKeyIdentifier, KmsKeyIdentifier);
  await send(cloud, { card: '4111-1111' });
  await cloud.settle();
  assert.equal((await orders.received()).length, 1);
  const { EventCount, SizeBytes } = await events.describeArchive({ ArchiveName: 'all' });
  assert.ok(EventCount === 2 && SizeBytes! > 100);
  const replay = async (ReplayName: string) => {
    await events.startReplay({
      ReplayName,
      EventSourceArn: `arn:aws:events:us-east-1:${cloud.managementAccount}:archive/all`,
      EventStartTime: new Date('2026-03-01T11:00:00Z'),
      EventEndTime: new Date('2026-03-01T13:00:00Z'),
      Destination: { Arn: BUS },
    });
    await cloud.settle();
    return (await events.describeReplay({ ReplayName })).State;
  };
  cloud.advance('P3D');
  assert.equal(await replay('first'), 'COMPLETED');
  const [event, ...more] = bodies(await orders.received());
  assert.deepEqual([event.detail, event['replay-name'], more], [{ card: '4111-1111' }, 'first', []]);
  await kms.disableKey({ KeyId: KmsKeyIdentifier });
  cloud.advance('PT10M');
  assert.equal(await replay('second'), 'FAILED');
});
