import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { XKS_CREDENTIAL, XKS_HOST, xksProxy } from '../../testing/xksProxy.ts';

const ENDPOINT = `https://${XKS_HOST}`;
const PATH = '/example/prefix/kms/xks/v1';

const asked = (name = 'mine') => ({
  CustomKeyStoreName: name,
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE' as const,
  XksProxyUriEndpoint: ENDPOINT,
  XksProxyUriPath: PATH,
  XksProxyConnectivity: 'PUBLIC_ENDPOINT' as const,
  XksProxyAuthenticationCredential: XKS_CREDENTIAL,
});

async function cloudWith(t: TestContext) {
  const outside = await xksProxy(t, PATH);
  const { address } = outside;
  const proxies: Record<string, typeof address> = { [ENDPOINT]: address };
  const cloud = await testCloud({ keyStores: { proxies, clusters: {}, wallClock: Date.now } });
  return { ...outside, proxies, cloud, kms: cloud.root.kms };
}

/** With a connected key store and a key in it. */
async function keyIn(t: TestContext) {
  const there = await cloudWith(t);
  const { kms, cloud } = there;
  const CustomKeyStoreId = (await kms.createCustomKeyStore(asked())).CustomKeyStoreId!;
  await kms.connectCustomKeyStore({ CustomKeyStoreId });
  await cloud.settle();
  there.hold('key-1');
  const input = { Origin: 'EXTERNAL_KEY_STORE' as const, CustomKeyStoreId, XksKeyId: 'key-1' };
  const { KeyMetadata } = await kms.createKey(input);
  there.asked.length = 0;
  return { ...there, CustomKeyStoreId, KeyId: KeyMetadata!.KeyId!, KeyMetadata: KeyMetadata! };
}

const Plaintext = new Uint8Array(Buffer.from('what nobody else may know'));

test('an external key store is made, connected, described, renamed, disconnected and deleted', async (t) => {
  const { kms, cloud, asked: requests } = await cloudWith(t);
  const CustomKeyStoreId = (await kms.createCustomKeyStore(asked())).CustomKeyStoreId!;
  assert.match(CustomKeyStoreId, /^cks-[0-9a-f]{17}$/);
  assert.equal(requests[0]!.path, `${PATH}/health`);
  assert.equal(requests[0]!.question.requestMetadata.kmsOperation, 'CreateCustomKeyStore');
  const described = async () => (await kms.describeCustomKeyStores({ CustomKeyStoreId })).CustomKeyStores![0]!;
  assert.deepEqual(await described(), {
    CustomKeyStoreId,
    CustomKeyStoreName: 'mine',
    ConnectionState: 'DISCONNECTED',
    CreationDate: cloud.now(),
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConfiguration: {
      AccessKeyId: XKS_CREDENTIAL.AccessKeyId,
      Connectivity: 'PUBLIC_ENDPOINT',
      UriEndpoint: ENDPOINT,
      UriPath: PATH,
    },
  });
  await kms.connectCustomKeyStore({ CustomKeyStoreId });
  assert.equal((await described()).ConnectionState, 'CONNECTING');
  await cloud.settle();
  assert.equal((await described()).ConnectionState, 'CONNECTED');
  await kms.updateCustomKeyStore({ CustomKeyStoreId, NewCustomKeyStoreName: 'other' });
  const byName = await kms.describeCustomKeyStores({ CustomKeyStoreName: 'other' });
  assert.equal(byName.CustomKeyStores![0]!.CustomKeyStoreId, CustomKeyStoreId);
  await refusal(kms.deleteCustomKeyStore({ CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException');
  await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
  assert.equal((await described()).ConnectionState, 'DISCONNECTING');
  await refusal(kms.connectCustomKeyStore({ CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException');
  await cloud.settle();
  await refusal(kms.disconnectCustomKeyStore({ CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException');
  await kms.deleteCustomKeyStore({ CustomKeyStoreId });
  await refusal(kms.describeCustomKeyStores({ CustomKeyStoreId }), 'CustomKeyStoreNotFoundException');
  assert.deepEqual((await kms.describeCustomKeyStores({})).CustomKeyStores, []);
});

test('CreateCustomKeyStore wants what belongs together, names and addresses of its own, and no more than ten', async (t) => {
  const { kms, cloud } = await cloudWith(t);
  const { XksProxyUriPath: _, ...half } = asked();
  await refusal(kms.createCustomKeyStore(half), 'ValidationException');
  await refusal(kms.createCustomKeyStore({ ...asked(), KeyStorePassword: 'password' }), 'ValidationException');
  await refusal(
    kms.createCustomKeyStore({ ...asked(), XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE' }),
    'ValidationException',
  );
  await refusal(
    kms.createCustomKeyStore({
      ...asked(),
      XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
      XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-0123',
    }),
    'XksProxyVpcEndpointServiceNotFoundException',
  );
  await kms.createCustomKeyStore(asked());
  await refusal(kms.createCustomKeyStore(asked()), 'CustomKeyStoreNameInUseException');
  await refusal(kms.createCustomKeyStore(asked('second')), 'XksProxyUriInUseException');
  assert.equal((await kms.describeCustomKeyStores({})).CustomKeyStores!.length, 1);
  const small = await testCloud({ keyStores: cloud.deps.settings.keyStores!, quotas: { CustomKeyStoresQuota: 1 } });
  await small.root.kms.createCustomKeyStore(asked());
  await refusal(small.root.kms.createCustomKeyStore(asked('more')), 'LimitExceededException');
});

test('a store behind a VPC endpoint service is looked at when it is connected', async (t) => {
  const { kms, cloud, address, proxies, asked: requests } = await cloudWith(t);
  const vpcEndpointService = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123';
  proxies[ENDPOINT] = { ...address, vpcEndpointService };
  const vpc = {
    XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
    XksProxyVpcEndpointServiceName: vpcEndpointService,
  } as const;
  const { CustomKeyStoreId } = await kms.createCustomKeyStore({ ...asked(), ...vpc });
  assert.equal(requests.length, 0);
  await refusal(kms.createCustomKeyStore({ ...asked('second'), ...vpc }), 'XksProxyUriInUseException');
  const elsewhere = { ...asked('second'), XksProxyUriPath: '/other/kms/xks/v1' };
  await refusal(kms.createCustomKeyStore({ ...elsewhere, ...vpc }), 'XksProxyUriEndpointInUseException');
  await refusal(kms.createCustomKeyStore(elsewhere), 'XksProxyUriEndpointInUseException');
  await kms.connectCustomKeyStore({ CustomKeyStoreId: CustomKeyStoreId! });
  await cloud.settle();
  const [store] = (await kms.describeCustomKeyStores({})).CustomKeyStores!;
  assert.equal(store!.ConnectionState, 'CONNECTED');
  assert.equal(store!.XksProxyConfiguration!.VpcEndpointServiceName, vpcEndpointService);
});

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

test('what custom key stores cannot do is refused', async (t) => {
  const { kms, KeyId, CustomKeyStoreId, hold } = await keyIn(t);
  const Origin = 'EXTERNAL_KEY_STORE' as const;
  hold('key-2');
  const second = { Origin, CustomKeyStoreId, XksKeyId: 'key-2' };
  const rsa = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' } as const;
  await refusal(kms.createKey({ ...second, ...rsa }), 'UnsupportedOperationException');
  await refusal(kms.createKey({ ...second, MultiRegion: true }), 'UnsupportedOperationException');
  await refusal(kms.createKey({ Origin, XksKeyId: 'key-2' }), 'ValidationException');
  await refusal(kms.createKey({ Origin, CustomKeyStoreId }), 'ValidationException');
  await refusal(kms.createKey({ ...second, Origin: 'AWS_CLOUDHSM' }), 'ValidationException');
  await refusal(kms.createKey({ ...second, CustomKeyStoreId: 'cks-0' }), 'CustomKeyStoreNotFoundException');
  await refusal(kms.createKey({ ...second, XksKeyId: 'key-1' }), 'XksKeyAlreadyInUseException');
  await refusal(kms.generateDataKeyPair({ KeyId, KeyPairSpec: 'ECC_NIST_P256' }), 'UnsupportedOperationException');
  await refusal(kms.enableKeyRotation({ KeyId }), 'UnsupportedOperationException');
  await refusal(kms.rotateKeyOnDemand({ KeyId }), 'UnsupportedOperationException');
  await refusal(kms.replicateKey({ KeyId, ReplicaRegion: 'eu-west-1' }), 'UnsupportedOperationException');
  await refusal(kms.generateRandom({ NumberOfBytes: 8, CustomKeyStoreId }), 'UnsupportedOperationException');
  const { Keys } = await kms.listKeys({});
  assert.equal(Keys!.length, 1);
});

test('disconnected, a store makes its keys unavailable until it is connected again', async (t) => {
  const { kms, cloud, KeyId, CustomKeyStoreId, hold } = await keyIn(t);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
  const stateNow = async () => (await kms.describeKey({ KeyId })).KeyMetadata!.KeyState;
  assert.equal(await stateNow(), 'Unavailable');
  const { message } = await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'KMSInvalidStateException');
  assert.match(message, /not connected to its external key store proxy/);
  await refusal(kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }), 'KMSInvalidStateException');
  await cloud.settle();
  hold('key-2');
  const second = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId: 'key-2' } as const;
  await refusal(kms.createKey(second), 'CustomKeyStoreInvalidStateException');
  await refusal(kms.deleteCustomKeyStore({ CustomKeyStoreId }), 'CustomKeyStoreHasCMKsException');
  await kms.disableKey({ KeyId });
  assert.equal(await stateNow(), 'Unavailable');
  await kms.connectCustomKeyStore({ CustomKeyStoreId });
  await cloud.settle();
  assert.equal(await stateNow(), 'Disabled');
  await kms.enableKey({ KeyId });
  assert.deepEqual((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);
  await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 });
  await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
  assert.equal(await stateNow(), 'PendingDeletion');
  await cloud.settle();
  cloud.advance('P8D');
  await kms.deleteCustomKeyStore({ CustomKeyStoreId });
});

const error = (status: number, errorName: string) => ({ status, body: { errorName, errorMessage: 'never shown' } });

/** What a proxy does → what creating a store makes of it, what connecting, creating a key and using one make of it. */
const FAILURES = {
  'answers garbage': ['garbage', 'XksProxyInvalidResponseException', 'XKS_PROXY_INVALID_RESPONSE'],
  'answers an error of its own': [
    error(418, 'Teapot'),
    'XksProxyInvalidResponseException',
    'XKS_PROXY_INVALID_RESPONSE',
  ],
  'answers an error under another status': [
    error(200, 'AccessDeniedException'),
    'XksProxyInvalidResponseException',
    'XKS_PROXY_INVALID_RESPONSE',
  ],
  'answers JSON that is no object': [
    { status: 200, body: [] },
    'XksProxyInvalidResponseException',
    'XKS_PROXY_INVALID_RESPONSE',
  ],
  'answers more than it may': [
    Buffer.alloc(100_000, '['),
    'XksProxyInvalidResponseException',
    'XKS_PROXY_INVALID_RESPONSE',
  ],
  redirects: [{ status: 302, body: {} }, 'XksProxyInvalidResponseException', 'XKS_PROXY_INVALID_RESPONSE'],
  'does not know us': [
    error(401, 'AuthenticationFailedException'),
    'XksProxyIncorrectAuthenticationCredentialException',
    'INVALID_CREDENTIALS',
  ],
  'knows no such path': [
    error(404, 'InvalidUriPathException'),
    'XksProxyInvalidConfigurationException',
    'XKS_PROXY_INVALID_CONFIGURATION',
  ],
  'has too much to do': [
    error(429, 'ThrottlingException'),
    'XksProxyUriUnreachableException',
    'XKS_PROXY_NOT_REACHABLE',
  ],
  'waits in vain itself': [
    error(503, 'DependencyTimeoutException'),
    'XksProxyUriUnreachableException',
    'XKS_PROXY_TIMED_OUT',
  ],
  'has no key manager': [
    error(500, 'InternalException'),
    'XksProxyInvalidResponseException',
    'XKS_PROXY_NOT_REACHABLE',
  ],
} as const;

for (const [what, [answer, managing, connection]] of Object.entries(FAILURES)) {
  test(`a proxy that ${what} is told apart, and changes nothing`, async (t) => {
    const { kms, cloud, proxy, KeyId, CustomKeyStoreId } = await keyIn(t);
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
    const before = await kms.describeCustomKeyStores({});
    proxy.meddle = () => answer as never;
    const changed = { CustomKeyStoreId, XksProxyUriPath: '/other/kms/xks/v1' };
    const { message } = await refusal(kms.updateCustomKeyStore(changed), managing);
    assert.ok(!message.includes('never shown'));
    assert.deepEqual((await kms.describeCustomKeyStores({})).CustomKeyStores, before.CustomKeyStores);
    const used = await refusal(kms.encrypt({ KeyId, Plaintext }), 'KMSInvalidStateException');
    assert.equal(used.message, message);
    await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'KMSInvalidStateException');
    const second = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId: 'key-2' } as const;
    const created = await refusal(kms.createKey(second), 'CustomKeyStoreInvalidStateException');
    assert.equal(created.message, message);
    assert.equal((await kms.listKeys({})).Keys!.length, 1);
    await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
    await cloud.settle();
    await kms.connectCustomKeyStore({ CustomKeyStoreId });
    await cloud.settle();
    const [store] = (await kms.describeCustomKeyStores({})).CustomKeyStores!;
    assert.deepEqual([store!.ConnectionState, store!.ConnectionErrorCode], ['FAILED', connection]);
    await refusal(kms.connectCustomKeyStore({ CustomKeyStoreId }), 'CustomKeyStoreInvalidStateException');
    proxy.meddle = undefined;
    await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
    await cloud.settle();
    await kms.connectCustomKeyStore({ CustomKeyStoreId });
    await cloud.settle();
    assert.deepEqual((await kms.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);
  });
}

test('a proxy that stalls is given up, by AWS after 250 milliseconds', async (t) => {
  const { kms, proxy, proxies, address, KeyId, CustomKeyStoreId } = await keyIn(t);
  proxies[ENDPOINT] = { ...address, timeoutMs: 50 };
  proxy.meddle = () => undefined;
  const { message } = await refusal(kms.encrypt({ KeyId, Plaintext }), 'KMSInvalidStateException');
  assert.match(message, /did not respond in time/);
  const changed = { CustomKeyStoreId, XksProxyAuthenticationCredential: XKS_CREDENTIAL };
  await refusal(kms.updateCustomKeyStore(changed), 'XksProxyUriUnreachableException');
});

test('a proxy that is not there, not itself or not listed is not believed', async (t) => {
  const { kms, proxies, address, KeyId } = await keyIn(t);
  const after = async (changed: typeof address | undefined) => {
    if (changed) proxies[ENDPOINT] = changed;
    else delete proxies[ENDPOINT];
    return (await refusal(kms.encrypt({ KeyId, Plaintext }), 'KMSInvalidStateException')).message;
  };
  assert.match(
    await after({ ...address, connect: await closedPort() }),
    /cannot communicate with the external key store/,
  );
  assert.match(await after({ ...address, ca: undefined }), /cannot establish a TLS connection/);
  assert.match(await after(undefined), /cannot communicate with the external key store/);
  await refusal(
    kms.createCustomKeyStore({ ...asked('b'), XksProxyUriPath: '/b/kms/xks/v1' }),
    'XksProxyUriUnreachableException',
  );
});

async function closedPort(): Promise<string> {
  const socket = connect(1, '127.0.0.1');
  await new Promise((resolve) => socket.on('error', resolve));
  return '127.0.0.1:1';
}

test('a proxy whose key managers are all away cannot be connected to', async (t) => {
  const { kms, cloud, proxy } = await cloudWith(t);
  proxy.health = 'UNAVAILABLE';
  const { message } = await refusal(kms.createCustomKeyStore(asked()), 'XksProxyUriUnreachableException');
  assert.match(message, /unhealthy state/);
  proxy.health = 'DEGRADED';
  const { CustomKeyStoreId } = await kms.createCustomKeyStore(asked());
  proxy.health = 'HAPPY';
  await kms.connectCustomKeyStore({ CustomKeyStoreId: CustomKeyStoreId! });
  await cloud.settle();
  const [store] = (await kms.describeCustomKeyStores({})).CustomKeyStores!;
  assert.equal(store!.ConnectionErrorCode, 'XKS_PROXY_INVALID_RESPONSE');
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

/** A lie about a ciphertext → what Encrypt says. */
const LIES: Readonly<Record<string, (body: Record<string, string>) => object>> = {
  'another ciphertext than it vouches for': (body) => ({ ...body, ciphertext: flipped(body.ciphertext!) }),
  'no integrity value': ({ ciphertextDataIntegrityValue: _, ...body }) => body,
  'a ciphertext that is too short': (body) => ({ ...body, ciphertext: 'AAAA' }),
  'a nonce of 8 bytes': (body) => ({ ...body, initializationVector: Buffer.alloc(8).toString('base64') }),
  'a tag of 12 bytes': (body) => ({ ...body, authenticationTag: Buffer.alloc(12).toString('base64') }),
  'a note of 21 bytes': (body) => ({ ...body, ciphertextMetadata: Buffer.alloc(21).toString('base64') }),
  'what is not base 64': (body) => ({ ...body, authenticationTag: '***' }),
};

const flipped = (text: string) => {
  const bytes = Buffer.from(text, 'base64');
  bytes[0]! ^= 1;
  return bytes.toString('base64');
};

test('a proxy that lies about a ciphertext is caught', async (t) => {
  const { kms, proxy, KeyId } = await keyIn(t);
  for (const [what, lie] of Object.entries(LIES)) {
    proxy.meddle = (_path, { status, body }) => ({ status, body: lie(body as Record<string, string>) });
    const { message } = await refusal(kms.encrypt({ KeyId, Plaintext }), 'KMSInvalidStateException');
    assert.match(message, /cannot interpret the response/, what);
  }
});

test('a proxy that lies about a plaintext is caught by the inner layer', async (t) => {
  const { kms, proxy, KeyId } = await keyIn(t);
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  const says = (lie: (plaintext: string) => string) => {
    proxy.meddle = (_path, { status, body }) => {
      return { status, body: { plaintext: lie((body as { plaintext: string }).plaintext) } };
    };
    return refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'KMSInvalidStateException');
  };
  assert.match((await says(flipped)).message, /submitted for decryption, or the encryption context, is corrupted/);
  assert.match((await says((text) => Buffer.from(text, 'base64').fill(0).toString('base64'))).message, /is corrupted/);
  assert.match((await says(() => 'AAAA')).message, /cannot interpret the response/);
  assert.match((await says(() => '!')).message, /cannot interpret the response/);
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

test('whoever may not, learns nothing of key stores', async (t) => {
  const { cloud, CustomKeyStoreId } = await keyIn(t);
  const { kms } = await cloud.user('nobody');
  await refusal(kms.describeCustomKeyStores({}), 'AccessDeniedException');
  await refusal(kms.describeCustomKeyStores({ CustomKeyStoreId: 'cks-missing' }), 'AccessDeniedException');
  await refusal(kms.deleteCustomKeyStore({ CustomKeyStoreId }), 'AccessDeniedException');
  const other = await cloud.memberAccount('other');
  await refusal(other.root.kms.describeCustomKeyStores({ CustomKeyStoreId }), 'CustomKeyStoreNotFoundException');
});
