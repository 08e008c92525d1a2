/**
 * The lab "Encrypt with a key of your own": a customer managed key, rotated by itself, encrypts and decrypts a value.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../src/testing/cloud.ts';

test('a key with rotation on encrypts and decrypts a value, also after it has rotated', async () => {
  const cloud = await testCloud();
  const admin = await cloud.user('admin', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
  });
  const { KeyMetadata } = await admin.kms.createKey({ Description: 'The lab key' });
  const KeyId = KeyMetadata!.KeyId!;
  await admin.kms.createAlias({ AliasName: 'alias/lab', TargetKeyId: KeyId });
  await admin.kms.enableKeyRotation({ KeyId });
  assert.equal((await admin.kms.getKeyRotationStatus({ KeyId })).RotationPeriodInDays, 365);

  const EncryptionContext = { purpose: 'lab' };
  const Plaintext = new Uint8Array(Buffer.from('the value'));
  const { CiphertextBlob } = await admin.kms.encrypt({ KeyId: 'alias/lab', Plaintext, EncryptionContext });
  assert.ok(!Buffer.from(CiphertextBlob!).includes('the value'));
  await assert.rejects(admin.kms.decrypt({ CiphertextBlob: CiphertextBlob! }), { name: 'InvalidCiphertextException' });

  assert.deepEqual((await record('Encrypt')).requestParameters, {
    keyId: 'alias/lab',
    encryptionContext: EncryptionContext,
    encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  });

  cloud.advance('P366D');
  const opened = await admin.kms.decrypt({ CiphertextBlob: CiphertextBlob!, EncryptionContext });
  assert.equal(Buffer.from(opened.Plaintext!).toString(), 'the value');
  assert.equal((await admin.kms.listKeyRotations({ KeyId })).Rotations!.length, 1);

  assert.equal((await record('Decrypt')).responseElements, null);

  async function record(name: string) {
    const { Events } = await cloud.root.cloudtrail.lookupEvents({
      LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: KeyMetadata!.Arn! }],
    });
    const event = Events!.find((each) => each.EventName === name)!;
    return JSON.parse(event.CloudTrailEvent!) as Record<string, unknown>;
  }
});
