/** The AWS Encryption SDK for JavaScript, with a KMS keyring that talks to this plane. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildClient, CommitmentPolicy, KmsKeyringNode } from '@aws-crypto/client-node';
import type { KMS } from '@aws-sdk/client-kms';
import { testCloud } from '../../testing/cloud.ts';

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const plaintext = Buffer.from('an envelope of the Encryption SDK'.repeat(1000));
const encryptionContext = { stage: 'test', origin: 'eu-west-1' };

const keyring = (kms: KMS, generatorKeyId: string, keyIds: string[] = []) =>
  new KmsKeyringNode({ generatorKeyId, keyIds, clientProvider: () => kms as never });

test('a message round-trips under a generator key and a second key, also across rotations', async () => {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const [first, second] = await Promise.all([1, 2].map(async () => (await kms.createKey({})).KeyMetadata!.Arn!));
  const { result } = await encrypt(keyring(kms, first!, [second!]), plaintext, { encryptionContext });
  const opened = async (generator: string) => {
    const { plaintext: found, messageHeader } = await decrypt(keyring(kms, generator), result);
    assert.equal(messageHeader.encryptionContext.stage, 'test');
    return found;
  };
  assert.deepEqual(await opened(first!), plaintext);
  await kms.rotateKeyOnDemand({ KeyId: first! });
  assert.deepEqual(await opened(first!), plaintext, 'after a rotation on demand');
  await kms.enableKeyRotation({ KeyId: second!, RotationPeriodInDays: 90 });
  cloud.advance('P91D');
  assert.equal((await kms.listKeyRotations({ KeyId: second! })).Rotations!.length, 1);
  assert.deepEqual(await opened(second!), plaintext, 'after an automatic rotation');
  await kms.disableKey({ KeyId: first! });
  assert.deepEqual(await opened(second!), plaintext, 'the second key alone opens it');
});

test('a message does not open by another key, nor when it is changed', async () => {
  const { kms } = (await testCloud()).root;
  const [own, other] = await Promise.all([1, 2].map(async () => (await kms.createKey({})).KeyMetadata!.Arn!));
  const { result } = await encrypt(keyring(kms, own!), plaintext, { encryptionContext });
  await assert.rejects(decrypt(keyring(kms, other!), result));
  for (const at of [3, 60, 200, result.length - 1]) {
    const changed = Buffer.from(result);
    changed[at]! ^= 1;
    await assert.rejects(decrypt(keyring(kms, own!), changed), `byte ${at}`);
  }
});

test('a caller without permission on the key opens nothing', async () => {
  const cloud = await testCloud();
  const key = (await cloud.root.kms.createKey({})).KeyMetadata!.Arn!;
  const { result } = await encrypt(keyring(cloud.root.kms, key), plaintext, { encryptionContext });
  const reader = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: {
      ...{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: key },
      Condition: { StringEquals: { 'kms:EncryptionContext:stage': 'test' } },
    },
  });
  const { plaintext: found } = await decrypt(keyring(reader.kms, key), result);
  assert.deepEqual(found, plaintext);
  const { result: foreign } = await encrypt(keyring(cloud.root.kms, key), plaintext, {
    encryptionContext: { stage: 'production' },
  });
  await assert.rejects(decrypt(keyring(reader.kms, key), foreign));
  const stranger = await cloud.user('stranger');
  await assert.rejects(decrypt(keyring(stranger.kms, key), result));
});
