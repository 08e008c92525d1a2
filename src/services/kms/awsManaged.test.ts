import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../core/context.ts';
import { ADMIN, testCloud } from '../../testing/cloud.ts';
import { keyConditions } from './conditions.ts';

const Plaintext = new Uint8Array(Buffer.from('x'));

test('an AWS managed key is made when its alias is first looked at; the account may look, and no more', async () => {
  const cloud = await testCloud();
  const admin = await cloud.user('admin', ADMIN);
  const { KeyMetadata } = await admin.kms.describeKey({ KeyId: 'alias/aws/s3' });
  const KeyId = KeyMetadata!.KeyId!;
  assert.equal(KeyMetadata!.KeyManager, 'AWS');
  assert.equal((await admin.kms.describeKey({ KeyId: 'alias/aws/s3' })).KeyMetadata!.KeyId, KeyId);
  assert.deepEqual(
    (await admin.kms.listAliases({})).Aliases!.map((alias) => [alias.AliasName, alias.TargetKeyId]),
    [['alias/aws/s3', KeyId]],
  );
  assert.equal((await admin.kms.getKeyRotationStatus({ KeyId })).RotationPeriodInDays, 365);
  for (const refused of [
    () => admin.kms.encrypt({ KeyId, Plaintext }),
    () => admin.kms.disableKey({ KeyId }),
    () => admin.kms.scheduleKeyDeletion({ KeyId }),
    () => admin.kms.putKeyPolicy({ KeyId, Policy: ADMIN }),
    () => cloud.root.kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }),
  ]) {
    await assert.rejects(refused(), { name: 'AccessDeniedException' });
  }
  await assert.rejects(admin.kms.describeKey({ KeyId: 'alias/aws/nothing' }), { name: 'NotFoundException' });
});

test('somebody who may not look makes no AWS managed key', async () => {
  const cloud = await testCloud();
  const nobody = await cloud.user('nobody');
  await assert.rejects(nobody.kms.describeKey({ KeyId: 'alias/aws/ebs' }), { name: 'AccessDeniedException' });
  assert.deepEqual((await cloud.root.kms.listKeys({})).Keys, []);
});

test('GetKeyLastUsage tells the last successful use, with its event', async () => {
  const cloud = await testCloud();
  const { kms, cloudtrail } = cloud.root;
  const { KeyId, Arn, CreationDate } = (await kms.createKey({})).KeyMetadata!;
  const { $metadata: _, ...fresh } = await kms.getKeyLastUsage({ KeyId: KeyId! });
  assert.deepEqual(fresh, { KeyId, TrackingStartDate: CreationDate, KeyCreationDate: CreationDate });
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  cloud.advance('PT1H');
  await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
  cloud.advance('PT1H');
  await assert.rejects(kms.decrypt({ CiphertextBlob: Plaintext, KeyId }));
  await kms.describeKey({ KeyId });
  const { KeyLastUsage } = await kms.getKeyLastUsage({ KeyId: Arn! });
  assert.equal(KeyLastUsage!.Operation, 'Decrypt');
  assert.equal(KeyLastUsage!.Timestamp!.toISOString(), '2030-01-01T01:00:00.000Z');
  const { Events } = await cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventId', AttributeValue: KeyLastUsage!.CloudTrailEventId! }],
  });
  assert.equal(Events![0]!.EventName, 'Decrypt');
});

test('a record of a use names key, material and context, and neither plaintext nor ciphertext', async () => {
  const cloud = await testCloud();
  const { kms, cloudtrail } = cloud.root;
  const { KeyId, Arn, CurrentKeyMaterialId } = (await kms.createKey({})).KeyMetadata!;
  const EncryptionContext = { Department: 'Engineering' };
  await kms.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext });
  const { Events } = await cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'GenerateDataKey' }],
  });
  const record = JSON.parse(Events![0]!.CloudTrailEvent!) as Record<string, unknown>;
  assert.deepEqual(record.requestParameters, {
    keyId: KeyId,
    keySpec: 'AES_256',
    encryptionContext: EncryptionContext,
  });
  assert.equal(record.responseElements, null);
  assert.equal(record.readOnly, true);
  assert.deepEqual(record.additionalEventData, { keyMaterialId: CurrentKeyMaterialId });
  assert.deepEqual(record.resources, [{ accountId: cloud.managementAccount, type: 'AWS::KMS::Key', ARN: Arn }]);
});

test('kms:TrailingDaysWithoutKeyUsage keeps keys in use from being disabled', async () => {
  const cloud = await testCloud();
  const unused = await cloud.user('unused', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'kms:*',
      Resource: '*',
      Condition: { NumericGreaterThanEqualsIfExists: { 'kms:TrailingDaysWithoutKeyUsage': '90' } },
    },
  });
  const KeyId = (await cloud.root.kms.createKey({})).KeyMetadata!.KeyId!;
  cloud.advance('P60D');
  await cloud.root.kms.encrypt({ KeyId, Plaintext });
  cloud.advance('P89D');
  await assert.rejects(unused.kms.disableKey({ KeyId }), { name: 'AccessDeniedException' });
  cloud.advance('P1D');
  await unused.kms.disableKey({ KeyId });
});

test('kms:ViaService names the service that calls on the principal behalf, in its Region', () => {
  const ctx = { caller: { account: '111122223333' }, region: 'eu-west-1' } as unknown as Context;
  const via = (calledVia?: string[]) => keyConditions({ ...ctx, calledVia }, undefined, undefined)['kms:ViaService'];
  assert.equal(via(['secretsmanager.amazonaws.com']), 'secretsmanager.eu-west-1.amazonaws.com');
  assert.equal(via(['cloudformation.amazonaws.com', 's3.amazonaws.com']), 's3.eu-west-1.amazonaws.com');
  assert.equal(via(), undefined);
});
