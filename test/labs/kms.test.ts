/**
 * The lab "Encrypt with a key of your own": a customer managed key, rotated by itself, encrypts and decrypts a value.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { testCloud } from '../../src/testing/cloud.ts';
import { awsSince, environment } from '../awsClients.ts';
import { planeOnSocket } from '../socket.ts';

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

const cli = awsSince({ 1: 0, 2: 0 });

test('the same by the AWS CLI', { skip: cli === undefined && 'no AWS CLI here' }, async (t) => {
  const plane = await planeOnSocket(t);
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-lab-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const env = environment(plane, { HOME: folder });
  const aws = async (line: string) => {
    const args = ['--endpoint-url', plane.endpoint, '--output', 'json', 'kms', ...line.split(' ')];
    const { stdout } = await promisify(execFile)(cli as string, args, { env });
    return JSON.parse(stdout || '{}');
  };
  const { KeyMetadata } = await aws('create-key --description lab');
  const id = KeyMetadata.KeyId;
  await aws(`enable-key-rotation --key-id ${id}`);
  assert.equal((await aws(`get-key-rotation-status --key-id ${id}`)).KeyRotationEnabled, true);
  const value = join(folder, 'value');
  const sealed = join(folder, 'sealed');
  writeFileSync(value, 'the value');
  const context = '--encryption-context purpose=lab';
  const { CiphertextBlob } = await aws(`encrypt --key-id ${id} --plaintext fileb://${value} ${context}`);
  writeFileSync(sealed, Buffer.from(CiphertextBlob, 'base64'));
  const opened = await aws(`decrypt --ciphertext-blob fileb://${sealed} ${context}`);
  assert.equal(Buffer.from(opened.Plaintext, 'base64').toString(), 'the value');
  await assert.rejects(aws(`decrypt --ciphertext-blob fileb://${sealed}`), /\(InvalidCiphertextException\)/);
});
