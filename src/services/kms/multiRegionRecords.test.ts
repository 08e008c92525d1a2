import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { lastRecord, recordsOf } from './records.fixture.ts';

const THERE = 'eu-west-1';

async function replicated() {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const { KeyId, Arn } = (await kms.createKey({ MultiRegion: true })).KeyMetadata!;
  await kms.replicateKey({ KeyId, ReplicaRegion: THERE, Description: 'replica' });
  return { cloud, kms, KeyId: KeyId!, arn: Arn!, there: Arn!.replace('us-east-1', THERE) };
}

test('ReplicateKey is a CreateKey in the Region of the replica, by KMS for the caller', async () => {
  const { cloud, arn, there } = await replicated();
  const asked = await lastRecord(cloud, 'ReplicateKey');
  const made = await lastRecord(cloud, 'CreateKey');
  assert.deepEqual([asked.awsRegion, made.awsRegion], ['us-east-1', THERE]);
  assert.equal(made.requestID, asked.requestID);
  assert.notEqual(made.eventID, asked.eventID);
  assert.deepEqual(made.userIdentity, { ...asked.userIdentity, invokedBy: 'kms.amazonaws.com' });
  assert.equal(made.requestParameters.description, 'replica');
  assert.equal(made.responseElements.keyMetadata.arn, there);
  assert.equal(made.responseElements.keyMetadata.multiRegionConfiguration.primaryKey.arn, arn);
  assert.deepEqual(made.resources, [{ accountId: cloud.managementAccount, type: 'AWS::KMS::Key', ARN: there }]);
  const root = await cloud.keyFor(cloud.managementAccount);
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'CreateKey' }];
  const { Events } = await cloud.as(root, THERE).cloudtrail.lookupEvents({ LookupAttributes });
  assert.equal(Events?.length, 1);
});

test('UpdatePrimaryRegion is recorded in both Regions', async () => {
  const { cloud, kms, KeyId, arn, there } = await replicated();
  await kms.updatePrimaryRegion({ KeyId, PrimaryRegion: THERE });
  const records = await recordsOf(cloud, 'UpdatePrimaryRegion');
  const inRegion = (region: string) => records.find(({ awsRegion }) => awsRegion === region)!;
  const [now, before] = [inRegion(THERE), inRegion('us-east-1')];
  assert.deepEqual(before.requestParameters, { keyId: KeyId, primaryRegion: THERE });
  assert.deepEqual(before.responseElements, { keyId: arn });
  assert.deepEqual(now.requestParameters, { keyId: there, primaryRegion: THERE });
  assert.deepEqual([now.requestID, now.userIdentity.invokedBy], [before.requestID, 'kms.amazonaws.com']);
  assert.equal(records.length, 2);
});

test('what replicas share with their primary key is synchronized, with a record', async () => {
  const { cloud, kms, KeyId, arn } = await replicated();
  await kms.rotateKeyOnDemand({ KeyId });
  const records = await recordsOf(cloud, 'SynchronizeMultiRegionKey');
  assert.equal(records.length, 2, 'made, and rotated');
  for (const { awsRegion, eventType, userIdentity, responseElements, requestParameters } of records) {
    assert.deepEqual([awsRegion, eventType, requestParameters], ['us-east-1', 'AwsApiCall', null]);
    assert.deepEqual(userIdentity, { accountId: cloud.managementAccount, invokedBy: 'AWS Internal' });
    assert.deepEqual(responseElements, { keyId: arn });
  }
  const single = (await kms.createKey({})).KeyMetadata!.KeyId;
  await kms.rotateKeyOnDemand({ KeyId: single });
  assert.equal((await recordsOf(cloud, 'SynchronizeMultiRegionKey')).length, 2, 'of multi-Region keys only');
});
