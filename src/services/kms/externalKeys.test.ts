/** Keys in external key stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal } from '../../testing/rejected.ts';
import { XKS_CREDENTIAL } from '../../testing/xksProxy.ts';
import { keyIn, PATH, Plaintext } from './externalKeyStores.fixture.ts';

test('a key in an external key store encrypts twice, and tells the proxy who asks', async (t) => {
  const { kms, cloud, asked: requests, KeyId, KeyMetadata, CustomKeyStoreId } = await keyIn(t);
  assert.equal(KeyMetadata.Origin, 'EXTERNAL_KEY_STORE');
  assert.equal(KeyMetadata.KeyState, 'Enabled');
  assert.deepEqual(KeyMetadata.XksKeyConfiguration, { Id: 'key-1' });
  assert.equal(KeyMetadata.CustomKeyStoreId, CustomKeyStoreId);
  const EncryptionContext = { project: 'nile', department: 'marketing' };
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext, EncryptionContext });
  const { path, question } = requests[0]!;
  assert.equal(path, `${PATH}/keys/key-1/encrypt`);
  assert.equal(question.requestMetadata.awsPrincipalArn, `arn:aws:iam::${cloud.managementAccount}:root`);
  assert.equal(question.requestMetadata.kmsKeyArn, KeyMetadata.Arn);
  assert.equal(question.requestMetadata.kmsOperation, 'Encrypt');
  const sent = Buffer.from(String(question.plaintext), 'base64');
  assert.ok(!sent.includes(Buffer.from(Plaintext)), 'the proxy sees ciphertext of ours, and no plaintext');
  assert.ok(!Buffer.from(CiphertextBlob!).includes(sent), 'the blob holds what the proxy made of it');
  const opened = await kms.decrypt({ CiphertextBlob: CiphertextBlob!, EncryptionContext });
  assert.deepEqual(Buffer.from(opened.Plaintext!), Buffer.from(Plaintext));
  assert.equal(opened.KeyMaterialId, undefined);

  const largest = await kms.encrypt({ KeyId, Plaintext: new Uint8Array(4096) });
  assert.ok(largest.CiphertextBlob!.length <= 6144);
  assert.equal((await kms.decrypt({ CiphertextBlob: largest.CiphertextBlob! })).Plaintext!.length, 4096);

  const data = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
  const same = await kms.decrypt({ CiphertextBlob: data.CiphertextBlob! });
  assert.deepEqual(same.Plaintext, data.Plaintext);
  const plain = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const moved = await kms.reEncrypt({ CiphertextBlob: data.CiphertextBlob!, DestinationKeyId: plain });
  const back = await kms.reEncrypt({ CiphertextBlob: moved.CiphertextBlob!, DestinationKeyId: KeyId });
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: back.CiphertextBlob! })).Plaintext, data.Plaintext);
  requests.length = 0;
  await refusal(kms.encrypt({ KeyId, Plaintext, DryRun: true }), 'DryRunOperationException');
  assert.equal(requests.length, 0, 'a dry run asks nobody outside');
});

test('the inner ciphertext opens nowhere without the proxy', async (t) => {
  const { kms, KeyId, asked: requests } = await keyIn(t);
  await kms.encrypt({ KeyId, Plaintext });
  const inner = Buffer.from(String(requests[0]!.question.plaintext), 'base64');
  for (const first of [inner[0]!, 1, 2, 3]) {
    inner[0] = first;
    await refusal(kms.decrypt({ CiphertextBlob: inner, KeyId }), 'InvalidCiphertextException');
    await refusal(kms.decrypt({ CiphertextBlob: inner }), 'InvalidCiphertextException');
  }
});

test('the record names store and external key, also of what fails', async (t) => {
  const { kms, cloud, KeyId, CustomKeyStoreId, proxy } = await keyIn(t);
  await kms.encrypt({ KeyId, Plaintext });
  proxy.meddle = () => 'garbage';
  await refusal(kms.encrypt({ KeyId, Plaintext }), 'KMSInvalidStateException');
  const records = (await cloud.deps.store.journal.read(0, 1000)).map(({ body }) => JSON.parse(body));
  const uses = records.filter(({ eventName }) => eventName === 'Encrypt');
  assert.equal(uses.length, 2);
  for (const { additionalEventData } of uses) {
    assert.deepEqual(additionalEventData, { customKeyStoreId: CustomKeyStoreId, xksKeyId: 'key-1' });
  }
  assert.equal(uses[1].errorCode, 'KMSInvalidStateException');
  const text = JSON.stringify(records);
  assert.ok(!text.includes(XKS_CREDENTIAL.RawSecretAccessKey));
});

const KEYS = {
  'is not there': [undefined, 'XksKeyNotFoundException', /could not find the external key/],
  'is no AES-256 key': [{ keySpec: 'AES_128' }, 'XksKeyInvalidConfigurationException', /AES_128/],
  'is disabled': [{ keyStatus: 'DISABLED' }, 'XksKeyInvalidConfigurationException', /DISABLED/],
  'only encrypts': [{ keyUsage: ['ENCRYPT'] }, 'XksKeyInvalidConfigurationException', /ENCRYPT and DECRYPT/],
} as const;

test('CreateKey refuses an external key that will not do', async (t) => {
  const { kms, CustomKeyStoreId, hold } = await keyIn(t);
  for (const [what, [key, name, sentence]] of Object.entries(KEYS)) {
    if (key) hold('other', key as object);
    const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId: key ? 'other' : 'missing' } as const;
    const { message } = await refusal(kms.createKey(input), name);
    assert.match(message, sentence, what);
  }
  assert.equal((await kms.listKeys({})).Keys!.length, 1);
});

test('an external key that changes or goes makes its KMS key fail', async (t) => {
  const { kms, keys, KeyId } = await keyIn(t);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  const failure = async () =>
    (await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'KMSInvalidStateException')).message;
  const key = keys.get('key-1')!;
  key.keyStatus = 'DISABLED';
  assert.match(await failure(), /not enabled in the external key manager/);
  key.keyStatus = 'ENABLED';
  key.keyUsage = ['ENCRYPT'];
  assert.match(await failure(), /does not support the requested operation/);
  keys.delete('key-1');
  assert.match(await failure(), /could not find the external key/);
  assert.equal((await kms.describeKey({ KeyId })).KeyMetadata!.KeyState, 'Enabled');
});

test('a blob changed at any position, cut or grown does not open, nor in another context', async (t) => {
  const { kms, KeyId } = await keyIn(t);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext, EncryptionContext: { a: 'b' } });
  const blob = Buffer.from(CiphertextBlob!);
  const failing = async (bytes: Uint8Array, EncryptionContext = { a: 'b' }) => {
    const { name } = await refusal(kms.decrypt({ CiphertextBlob: bytes, KeyId, EncryptionContext }));
    assert.ok(['InvalidCiphertextException', 'KMSInvalidStateException'].includes(name), name);
  };
  for (let at = 0; at < blob.length; at++) {
    const changed = Buffer.from(blob);
    changed[at]! ^= 1 << (at % 8);
    await failing(changed);
  }
  for (const length of [1, 17, 18, 19, 46, 47, 48, blob.length - 1]) await failing(blob.subarray(0, length));
  await failing(Buffer.concat([blob, Buffer.alloc(1)]));
  await failing(blob, { a: 'c' });
});
