import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejected } from '../../testing/rejected.ts';
import { dataKeys } from './dataKeys.ts';
import { deliveries } from './firehose.fixture.ts';
import { parcels } from './parcels.ts';

const DeliveryStreamName = 'sealed';

async function encrypted() {
  const all = await deliveries();
  const { kms } = all.cloud.root;
  const { KeyMetadata } = await kms.createKey({});
  await all.stream(DeliveryStreamName);
  const configuration = async () => {
    const { DeliveryStreamDescription } = await all.firehose.describeDeliveryStream({ DeliveryStreamName });
    return DeliveryStreamDescription?.DeliveryStreamEncryptionConfiguration;
  };
  const start = (DeliveryStreamEncryptionConfigurationInput?: { KeyType: 'CUSTOMER_MANAGED_CMK'; KeyARN: string }) =>
    all.firehose.startDeliveryStreamEncryption({ DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput });
  return { ...all, kms, keyArn: KeyMetadata!.Arn!, configuration, start };
}

test('StartDeliveryStreamEncryption with an AWS owned key takes a moment, and so does stopping', async () => {
  const { firehose, cloud, configuration, start, put } = await encrypted();
  assert.deepEqual(await configuration(), { Status: 'DISABLED' });
  await start();
  assert.deepEqual(await configuration(), { KeyType: 'AWS_OWNED_CMK', Status: 'ENABLING' });
  assert.equal((await put(DeliveryStreamName, 'a')).Encrypted, false);
  await rejected(start(), 'ResourceInUse', /ENABLING/);
  cloud.advance('PT5S');
  assert.deepEqual(await configuration(), { KeyType: 'AWS_OWNED_CMK', Status: 'ENABLED' });
  assert.equal((await put(DeliveryStreamName, 'b')).Encrypted, true);
  await firehose.stopDeliveryStreamEncryption({ DeliveryStreamName });
  assert.deepEqual(await configuration(), { Status: 'DISABLING' });
  cloud.advance('PT5S');
  assert.deepEqual(await configuration(), { Status: 'DISABLED' });
});

test('A customer managed key is used by a grant, which retires when its records are delivered', async () => {
  const { cloud, firehose, kms, keyArn, configuration, start, put, objects, after } = await encrypted();
  await start({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: keyArn });
  assert.deepEqual(await configuration(), { KeyARN: keyArn, KeyType: 'CUSTOMER_MANAGED_CMK', Status: 'ENABLING' });
  const { Grants = [] } = await kms.listGrants({ KeyId: keyArn });
  assert.deepEqual(
    Grants.map(({ GranteePrincipal }) => GranteePrincipal),
    ['firehose.amazonaws.com'],
  );
  cloud.advance('PT5S');
  assert.equal((await put(DeliveryStreamName, 'secret')).Encrypted, true);
  await firehose.stopDeliveryStreamEncryption({ DeliveryStreamName });
  await after('PT1M');
  assert.equal((await kms.listGrants({ KeyId: keyArn })).Grants?.length, 1);
  await after('PT5M');
  assert.deepEqual(
    (await objects()).map(({ bytes }) => bytes.toString()),
    ['secret'],
  );
  await after('PT1M');
  assert.equal((await kms.listGrants({ KeyId: keyArn })).Grants?.length, 0);
  const left = await cloud.deps.store.transaction((tx) => tx.list(dataKeys, [], { limit: 10 }));
  assert.deepEqual(left.rows, []);
});

test('A key that is disabled refuses records and keeps those that came', async () => {
  const { cloud, kms, keyArn, start, put, objects, after } = await encrypted();
  await start({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: keyArn });
  cloud.advance('PT5S');
  await put(DeliveryStreamName, 'kept');
  await kms.disableKey({ KeyId: keyArn });
  await after('PT6M');
  assert.deepEqual(await objects(), []);
  await rejected(put(DeliveryStreamName, 'no'), 'InvalidKMSResource', /disabled/);
  await kms.enableKey({ KeyId: keyArn });
  await after('PT10M');
  assert.deepEqual(
    (await objects()).map(({ bytes }) => bytes.toString()),
    ['kept'],
  );
});

test('StartDeliveryStreamEncryption needs a key that the caller may grant', async () => {
  const { cloud, keyArn, start } = await encrypted();
  const missing = keyArn.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000');
  await rejected(start({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: missing }), 'InvalidKMSResource', /does not exist/);
  const weak = await cloud.user('weak', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'firehose:*', Resource: '*' }],
  });
  const configuration = { KeyType: 'CUSTOMER_MANAGED_CMK' as const, KeyARN: keyArn };
  const asked = { DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput: configuration };
  await rejected(weak.firehose.startDeliveryStreamEncryption(asked), 'InvalidKMSResource', /kms:CreateGrant/);
});

test('Encryption can be changed 25 times a day', async () => {
  const { firehose, cloud, start } = await encrypted();
  for (let turn = 0; turn < 25; turn++) {
    await (turn % 2 === 0 ? start() : firehose.stopDeliveryStreamEncryption({ DeliveryStreamName }));
    cloud.advance('PT10S');
  }
  await rejected(start(), 'LimitExceeded', /25/);
  cloud.advance('P1D');
  await start();
});

test('Until a new key is in use records lie under the one before; a stream that is being deleted takes none', async () => {
  const { cloud, firehose, kms, keyArn, start, put, objects, after } = await encrypted();
  await start({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: keyArn });
  cloud.advance('PT5S');
  const { KeyMetadata } = await kms.createKey({});
  await start({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KeyMetadata!.Arn! });
  assert.equal((await put(DeliveryStreamName, 'between')).Encrypted, true);
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(parcels, [], { limit: 10 }));
  const { rows: keys } = await cloud.deps.store.transaction((tx) => tx.list(dataKeys, [], { limit: 10 }));
  const nameOf = (arn: string) => keys.find((key) => key.keyArn === arn)?.name;
  assert.deepEqual(
    rows.map(({ key }) => key),
    [nameOf(keyArn)],
  );
  await after('PT10M');
  assert.deepEqual(
    (await objects()).map(({ bytes }) => bytes.toString()),
    ['between'],
  );
  await after('PT1M');
  assert.equal((await kms.listGrants({ KeyId: keyArn })).Grants?.length, 0);
  await firehose.deleteDeliveryStream({ DeliveryStreamName });
  await after('PT6S');
  await rejected(put(DeliveryStreamName, 'late'), 'ResourceNotFound', /sealed not found/);
});
