/** Event data stores under a key of KMS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { answerTo, asked, later, storeIn } from './fixtures.ts';
import { segments } from './lakeRows.ts';

const grant = (Action: string[], Condition: object = {}) => ({
  ...{ Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action, Resource: '*' },
  ...(Object.keys(Condition).length > 0 && { Condition }),
});

/** A key with the statements that CloudTrail's guide asks for, and how to change them. */
async function keyIn({ root, managementAccount }: Cloud, ...statements: object[]) {
  const owner = { AWS: `arn:aws:iam::${managementAccount}:root` };
  const admin = { Effect: 'Allow', Principal: owner, Action: 'kms:*', Resource: '*' };
  const policy = (...more: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: [admin, ...more] });
  const { KeyMetadata } = await root.kms.createKey({ Policy: policy(...statements) });
  const KeyId = KeyMetadata!.KeyId!;
  const allow = (...more: object[]) => root.kms.putKeyPolicy({ KeyId, Policy: policy(...more) });
  return { KeyId, arn: KeyMetadata!.Arn!, allow };
}

const ALL = grant(['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey']);
const usersIn = (id: string) => `SELECT count(*) AS n FROM ${id} WHERE eventName = 'CreateUser'`;

/** What lies beside the rows under that name, and in the blobs of a store. */
async function keptBytes({ deps }: Cloud, name: string, store: string): Promise<Buffer[]> {
  const read = async (blob: string, length: number) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of deps.blobs.read(blob, 0, length)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const [beside, { rows }] = await deps.store.transaction((tx) =>
    Promise.all([tx.bytes(name), tx.list(segments, [store], { limit: 10 })]),
  );
  const blobs = await Promise.all(rows.map(({ id, packedBytes }) => read(id, packedBytes)));
  return [Buffer.from(beside!), ...blobs];
}

test('events and results lie under the key, which is asked on behalf of the store', async () => {
  const cloud = await testCloud();
  const key = await keyIn(cloud, ALL);
  await cloud.root.kms.createAlias({ AliasName: 'alias/lake', TargetKeyId: key.KeyId });
  const { id, arn, made } = await storeIn(cloud, { KmsKeyId: 'alias/lake' });
  assert.equal(made.KmsKeyId, key.arn);
  assert.equal((await cloud.root.cloudtrail.getEventDataStore({ EventDataStore: id })).KmsKeyId, key.arn);
  const onBehalf = { StringEquals: { 'aws:SourceArn': arn, 'aws:SourceAccount': cloud.managementAccount } };
  await key.allow(grant(['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey'], onBehalf));
  await cloud.root.iam.createUser({ UserName: 'alice' });
  await later(cloud, 'PT5M');
  const names = await asked(
    cloud,
    `SELECT eventName, element_at(requestParameters, 'userName') AS made FROM ${id}
    WHERE eventName = 'CreateUser'`,
  );
  assert.deepEqual(names.rows, [{ eventName: 'CreateUser', made: 'alice' }]);
  const [results, segment, ...more] = await keptBytes(cloud, `trail-query/${names.QueryId}/0`, id);
  assert.ok(!results!.includes('alice'));
  assert.throws(() => gunzipSync(segment!), { code: 'Z_DATA_ERROR' });
  assert.deepEqual(more, []);
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'kms.amazonaws.com' }],
  });
  const uses = Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!));
  const decrypts = uses.filter(({ eventName }) => eventName === 'Decrypt');
  assert.ok(decrypts.length > 0);
  for (const { userIdentity, requestParameters } of decrypts) {
    assert.equal(userIdentity.invokedBy, 'cloudtrail.amazonaws.com');
    assert.deepEqual(requestParameters.encryptionContext, { 'aws:cloudtrail:arn': arn });
  }
});

test('while the key cannot be used nothing is read, and what happens waits', async () => {
  const cloud = await testCloud();
  const key = await keyIn(cloud, ALL);
  const { id } = await storeIn(cloud, { KmsKeyId: key.arn });
  await cloud.root.iam.createUser({ UserName: 'before' });
  await later(cloud, 'PT5M');
  const { QueryId } = await asked(cloud, usersIn(id));
  await cloud.root.kms.disableKey({ KeyId: key.KeyId });
  await cloud.root.iam.createUser({ UserName: 'meanwhile' });
  await later(cloud, 'PT1H');
  const { cloudtrail } = cloud.root;
  const refused = 'InsufficientEncryptionPolicy';
  await rejected(cloudtrail.startQuery({ QueryStatement: usersIn(id) }), refused, /disabled/);
  await rejected(cloudtrail.getQueryResults({ QueryId }), refused, /disabled/);
  await cloud.root.kms.enableKey({ KeyId: key.KeyId });
  await later(cloud, 'PT1H');
  assert.deepEqual((await asked(cloud, usersIn(id))).rows, [{ n: '2' }]);
  assert.deepEqual((await answerTo(cloud.root, QueryId)).rows, [{ n: '1' }]);
});

test('a store gets a key once, and only one that lets CloudTrail in', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const closed = await keyIn(cloud);
  const make = (KmsKeyId: string) => cloudtrail.createEventDataStore({ Name: 'refused', KmsKeyId });
  await rejected(make(closed.arn), 'InsufficientEncryptionPolicy', /Insufficient permissions to access KMS key/);
  await rejected(make('alias/nowhere'), 'KmsKeyNotFound', 'KMS key alias/nowhere could not be found.');
  assert.deepEqual((await cloudtrail.listEventDataStores({})).EventDataStores, []);
  const { id } = await storeIn(cloud);
  await cloud.root.iam.createUser({ UserName: 'open' });
  await later(cloud, 'PT5M');
  const [key, other] = [await keyIn(cloud, ALL), await keyIn(cloud, ALL)];
  const update = (KmsKeyId: string) => cloudtrail.updateEventDataStore({ EventDataStore: id, KmsKeyId });
  assert.equal((await update(key.arn)).KmsKeyId, key.arn);
  assert.equal((await update(key.KeyId)).KmsKeyId, key.arn);
  await rejected(update(other.arn), 'InvalidParameter', /cannot be changed/);
  await cloud.root.iam.createUser({ UserName: 'sealed' });
  await later(cloud, 'PT5M');
  assert.deepEqual((await asked(cloud, usersIn(id))).rows, [{ n: '2' }]);
});
