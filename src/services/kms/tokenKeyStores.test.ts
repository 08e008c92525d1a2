/** CloudHSM key stores over PKCS #11, with SoftHSM2 as the cluster. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type HsmError, hsmAt } from '../../core/hsm.ts';
import type { ClusterAddress } from '../../core/keyStores.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { noSoftHsm, softHsm } from '../../testing/softHsm.ts';
import { testCertificate } from '../../testing/x509.ts';
import { keyStores } from './keyStoreRows.ts';
import { lastRecord } from './records.fixture.ts';

const CLUSTER = 'cluster-1a23b4cdefg'.replaceAll('1', '7');
const PASSWORD = 'the-password-of-kmsuser';
const skip = noSoftHsm;
const hsm = skip ? undefined : softHsm();
after(() => hsm?.remove());

let tokens = 0;

async function cloudWith(quotas: Record<string, number> = {}) {
  const trustAnchor = testCertificate('customer ca').pem;
  const address: ClusterAddress = { ...hsm!.token(`token-${tokens++}`, PASSWORD), trustAnchor };
  const clusters: Record<string, ClusterAddress> = { [CLUSTER]: address };
  const cloud = await testCloud({ quotas, keyStores: { proxies: {}, clusters, wallClock: Date.now } });
  const asked = {
    CustomKeyStoreName: 'hardware',
    CloudHsmClusterId: CLUSTER,
    TrustAnchorCertificate: trustAnchor,
    KeyStorePassword: PASSWORD,
  };
  return { cloud, kms: cloud.root.kms, clusters, address, asked };
}

async function connected(cloud: Cloud, CustomKeyStoreId: string) {
  await cloud.root.kms.connectCustomKeyStore({ CustomKeyStoreId });
  await cloud.settle();
  const { CustomKeyStores } = await cloud.root.kms.describeCustomKeyStores({ CustomKeyStoreId });
  return [CustomKeyStores![0]!.ConnectionState, CustomKeyStores![0]!.ConnectionErrorCode];
}

async function keyIn(quotas: Record<string, number> = {}) {
  const there = await cloudWith(quotas);
  const { CustomKeyStoreId } = await there.kms.createCustomKeyStore(there.asked);
  assert.deepEqual(await connected(there.cloud, CustomKeyStoreId!), ['CONNECTED', undefined]);
  const { KeyMetadata } = await there.kms.createKey({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId });
  return { ...there, CustomKeyStoreId: CustomKeyStoreId!, KeyId: KeyMetadata!.KeyId!, KeyMetadata: KeyMetadata! };
}

const Plaintext = new Uint8Array(Buffer.from('what stays in the token'));

const rowOf = async ({ deps }: Cloud) =>
  (await deps.store.transaction((tx) => tx.list(keyStores, [], { limit: 1 }))).rows[0]!;

/** The token's PIN, as the row has it. */
const pinOf = async (cloud: Cloud) =>
  cloud.deps.secrets.open('kms-key-store', (await rowOf(cloud)).cluster!.password)!.toString();

test('a key of a CloudHSM key store lives and works in the token', { skip }, async () => {
  const { cloud, kms, address, KeyId, KeyMetadata, CustomKeyStoreId } = await keyIn();
  assert.equal(KeyMetadata.Origin, 'AWS_CLOUDHSM');
  assert.equal(KeyMetadata.KeyState, 'Enabled');
  assert.equal(KeyMetadata.CloudHsmClusterId, CLUSTER);
  assert.equal(KeyMetadata.CustomKeyStoreId, CustomKeyStoreId);
  const EncryptionContext = { a: 'b', c: 'd' };
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext, EncryptionContext });
  const turned = { c: 'd', a: 'b' };
  const opened = await kms.decrypt({ CiphertextBlob: CiphertextBlob!, EncryptionContext: turned });
  assert.deepEqual(opened.Plaintext, Plaintext);
  await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'InvalidCiphertextException');
  const largest = await kms.encrypt({ KeyId, Plaintext: new Uint8Array(4096) });
  assert.ok(largest.CiphertextBlob!.length <= 6144);
  const data = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: data.CiphertextBlob! })).Plaintext, data.Plaintext);
  assert.equal((await kms.generateRandom({ NumberOfBytes: 32, CustomKeyStoreId })).Plaintext!.length, 32);
  const records = (await cloud.deps.store.journal.read(0, 1000)).map(({ body }) => JSON.parse(body));
  const { backingKeyId } = JSON.parse(
    records.find(({ eventName }) => eventName === 'CreateKey').additionalEventData.backingKey,
  );
  const used = records.find(({ eventName }) => eventName === 'Encrypt').additionalEventData;
  assert.equal(used.customKeyStoreId, CustomKeyStoreId);
  assert.ok(!JSON.stringify(records).includes(PASSWORD));
  const pin = await pinOf(cloud);
  assert.equal(await hsmAt(address, pin).destroy(backingKeyId), true, 'the key is in the token, by its id');
  const { message } = await refusal(kms.decrypt({ CiphertextBlob: data.CiphertextBlob! }), 'KMSInvalidStateException');
  assert.match(message, /is unavailable\.$/);
});

test('a blob of a token, changed at any position, cut or grown, does not open', { skip }, async () => {
  const { kms, KeyId } = await keyIn();
  const blob = Buffer.from((await kms.encrypt({ KeyId, Plaintext })).CiphertextBlob!);
  const failing = (bytes: Uint8Array) =>
    refusal(kms.decrypt({ CiphertextBlob: bytes, KeyId }), 'InvalidCiphertextException');
  for (let at = 0; at < blob.length; at++) {
    const changed = Buffer.from(blob);
    changed[at]! ^= 1 << (at % 8);
    await failing(changed);
  }
  for (const length of [1, 32, 33, 48, 49, 50, blob.length - 1]) await failing(blob.subarray(0, length));
  await failing(Buffer.concat([blob, Buffer.alloc(1)]));
});

test('keys made side by side are keys of their own', { skip }, async () => {
  const { kms, CustomKeyStoreId } = await keyIn();
  const made = await Promise.all(
    Array.from({ length: 5 }, () => kms.createKey({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId })),
  );
  const ids = made.map(({ KeyMetadata }) => KeyMetadata!.KeyId!);
  const [first, second] = ids;
  const { CiphertextBlob } = await kms.encrypt({ KeyId: first!, Plaintext });
  await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob!, KeyId: second! }), 'IncorrectKeyException');
  assert.equal(new Set(ids).size, 5);
});

test('a wrong password, a missing token and a missing cluster are told apart', { skip }, async () => {
  const { cloud, kms, clusters, address, asked } = await cloudWith();
  const wrong = { ...asked, KeyStorePassword: 'not-the-password' };
  const CustomKeyStoreId = (await kms.createCustomKeyStore(wrong)).CustomKeyStoreId!;
  assert.deepEqual(await connected(cloud, CustomKeyStoreId), ['FAILED', 'INVALID_CREDENTIALS']);
  await refusal(kms.createKey({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException');
  const right = { CustomKeyStoreId, KeyStorePassword: PASSWORD };
  await refusal(kms.updateCustomKeyStore(right), 'CustomKeyStoreInvalidStateException');
  const disconnected = async () => {
    await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
    await cloud.settle();
  };
  await disconnected();
  await kms.updateCustomKeyStore(right);
  assert.deepEqual(await connected(cloud, CustomKeyStoreId), ['CONNECTED', undefined]);
  await disconnected();
  clusters[CLUSTER] = { ...address, token: 'no such token' };
  assert.deepEqual(await connected(cloud, CustomKeyStoreId), ['FAILED', 'CLUSTER_NOT_FOUND']);
  await disconnected();
  clusters[CLUSTER] = { ...address, module: '/no/such/module.so' };
  assert.deepEqual(await connected(cloud, CustomKeyStoreId), ['FAILED', 'INSUFFICIENT_CLOUDHSM_HSMS']);
  await disconnected();
  delete clusters[CLUSTER];
  assert.deepEqual(await connected(cloud, CustomKeyStoreId), ['FAILED', 'CLUSTER_NOT_FOUND']);
});

test('with each connection the token gets another password, which nobody has seen', { skip }, async () => {
  const { cloud, kms, address, KeyId, CustomKeyStoreId } = await keyIn();
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  const opens = (pin: string) =>
    hsmAt(address, pin)
      .login()
      .then(
        () => true,
        ({ why }: HsmError) => why,
      );
  const first = await pinOf(cloud);
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.deepEqual([await opens(PASSWORD), await opens(first)], ['WRONG_PIN', true]);
  const again = async () => {
    await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
    await cloud.settle();
    return connected(cloud, CustomKeyStoreId);
  };
  assert.deepEqual(await again(), ['CONNECTED', undefined]);
  const second = await pinOf(cloud);
  assert.deepEqual([await opens(first), await opens(second)], ['WRONG_PIN', true]);
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);

  // A plane that ended after it had changed the PIN, and before it had written that.
  const row = await rowOf(cloud);
  const { secrets, random, store } = cloud.deps;
  const lost = secrets.seal('kms-key-store', first, random(12));
  const cluster = { ...row.cluster!, password: lost, nextPassword: row.cluster!.password };
  await store.transaction((tx) => tx.replace(keyStores, { ...row, cluster }));
  assert.deepEqual(await again(), ['CONNECTED', undefined]);
  assert.equal(await pinOf(cloud), second);
  assert.equal((await rowOf(cloud)).cluster!.nextPassword, undefined);
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);

  // Somebody else changes it: the store cannot be connected until it is told.
  await hsmAt(address, second).setPin('set-by-hand');
  assert.deepEqual(await again(), ['FAILED', 'INVALID_CREDENTIALS']);
  await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
  await cloud.settle();
  await kms.updateCustomKeyStore({ CustomKeyStoreId, KeyStorePassword: 'set-by-hand' });
  assert.deepEqual(await connected(cloud, CustomKeyStoreId), ['CONNECTED', undefined]);
  assert.deepEqual(await opens('set-by-hand'), 'WRONG_PIN');
});

test('the password of a token that others use stays', { skip }, async () => {
  const { cloud, kms, clusters, address, asked } = await cloudWith();
  clusters[CLUSTER] = { ...address, pin: 'kept' };
  const { CustomKeyStoreId } = await kms.createCustomKeyStore(asked);
  assert.deepEqual(await connected(cloud, CustomKeyStoreId!), ['CONNECTED', undefined]);
  assert.equal(await pinOf(cloud), PASSWORD);
  await hsmAt(address, PASSWORD).login();
});

test('CreateCustomKeyStore wants the cluster, its trust anchor and its password', { skip }, async () => {
  const { cloud, kms, clusters, address, asked } = await cloudWith();
  await refusal(kms.createCustomKeyStore({ CustomKeyStoreName: 'half' }), 'ValidationException');
  const unknown = { ...asked, CloudHsmClusterId: 'cluster-77777777777' };
  await refusal(kms.createCustomKeyStore(unknown), 'CloudHsmClusterNotFoundException');
  const foreign = { ...asked, TrustAnchorCertificate: testCertificate('somebody').pem };
  await refusal(kms.createCustomKeyStore(foreign), 'IncorrectTrustAnchorException');
  const RoleName = 'AWSServiceRoleForKeyManagementServiceCustomKeyStores';
  await refusal(cloud.root.iam.getRole({ RoleName }), 'NoSuchEntityException');
  const may = (...Action: string[]) => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action, Resource: '*' },
  });
  const alice = await cloud.user('alice', may('kms:*', 'cloudhsm:*'));
  await refusal(alice.kms.createCustomKeyStore(asked), 'AccessDeniedException');
  await kms.createCustomKeyStore(asked);
  assert.match((await cloud.root.iam.getRole({ RoleName })).Role!.Path!, /cks\.kms\.amazonaws\.com/);
  const again = { ...asked, CustomKeyStoreName: 'again' };
  await refusal(kms.createCustomKeyStore(again), 'CloudHsmClusterInUseException');
  const [store] = (await kms.describeCustomKeyStores({})).CustomKeyStores!;
  assert.equal(store!.TrustAnchorCertificate, asked.TrustAnchorCertificate);
  const CustomKeyStoreId = store!.CustomKeyStoreId!;
  clusters['cluster-77777777777'] = { ...address, trustAnchor: foreign.TrustAnchorCertificate };
  const moved = { CustomKeyStoreId, CloudHsmClusterId: 'cluster-77777777777' };
  await refusal(kms.updateCustomKeyStore(moved), 'CloudHsmClusterNotRelatedException');
  clusters['cluster-77777777777'] = address;
  await kms.updateCustomKeyStore(moved);
  clusters[CLUSTER] = { ...address, account: cloud.managementAccount };
  const other = await cloud.memberAccount('other');
  await refusal(other.root.kms.createCustomKeyStore(asked), 'CloudHsmClusterNotFoundException');
});

test('a KMS key that is deleted takes its key in the token along', { skip }, async () => {
  const { cloud, kms, KeyId } = await keyIn();
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  const { id: customKeyStoreId } = await rowOf(cloud);
  const told = (await lastRecord(cloud, 'ScheduleKeyDeletion')).additionalEventData;
  assert.deepEqual([told.customKeyStoreId, told.clusterId], [customKeyStoreId, CLUSTER]);
  assert.match(told.backingKeys, /^\[\{"backingKeyId":"[0-9a-f]{32}"\}\]$/);
  cloud.advance('P8D');
  assert.deepEqual((await kms.listKeys({})).Keys, []);
  await cloud.settle();
  const { additionalEventData } = await lastRecord(cloud, 'DeleteKey');
  assert.equal(additionalEventData.clusterId, CLUSTER);
  assert.equal(JSON.parse(additionalEventData.backingKeysDeletionStatus)[0].deletionStatus, 'SUCCESS');
  await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'InvalidCiphertextException');
});

test('a token is asked no more often in a second than its quota', { skip }, async () => {
  const { cloud, kms, KeyId, CustomKeyStoreId } = await keyIn({ CustomKeyStoreRequestsPerSecond: 2 });
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  await kms.generateRandom({ NumberOfBytes: 8, CustomKeyStoreId });
  await refusal(kms.generateRandom({ NumberOfBytes: 8, CustomKeyStoreId }), 'ThrottlingException');
  await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'ThrottlingException');
  await kms.generateRandom({ NumberOfBytes: 8 });
  await cloud.settle();
  const { Metrics } = await cloud.root.cloudwatch.listMetrics({ MetricName: 'CloudHSMKeyStoreThrottle' });
  assert.equal(Metrics!.length, 2);
  cloud.advance('PT1S');
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);
});

test('a file that is no module is a silent cluster, and harms no other', { skip }, async () => {
  const { kms, clusters, address, KeyId } = await keyIn();
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  clusters[CLUSTER] = { ...address, module: '/bin/sh' };
  await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'KMSInvalidStateException');
  clusters[CLUSTER] = address;
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);
});

test('a module that stalls is given up and ended; the next request finds a new one', { skip }, async () => {
  const { kms, clusters, address, KeyId, CustomKeyStoreId } = await keyIn();
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  const stalling = join(hsm!.folder, 'stalling.so');
  execFileSync('mkfifo', [stalling]); // Whoever loads it waits for somebody to write it.
  clusters[CLUSTER] = { ...address, module: stalling };
  const [decrypted, created] = await Promise.all([
    refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! })),
    refusal(kms.createKey({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId })),
  ]);
  assert.equal(decrypted.name, 'KMSInvalidStateException');
  assert.match(decrypted.message, /cannot communicate with your CloudHSM cluster/);
  assert.equal(created.name, 'DependencyTimeoutException');
  assert.equal((await kms.listKeys({})).Keys!.length, 1);
  clusters[CLUSTER] = address;
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);
});
