/** External key store proxies that lie, stall, or answer garbage. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { refusal } from '../../testing/rejected.ts';
import { XKS_CREDENTIAL } from '../../testing/xksProxy.ts';
import { asked, cloudWith, ENDPOINT, keyIn, Plaintext } from './externalKeyStores.fixture.ts';

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

test('a proxy that ends its kept connections is asked over new ones', async (t) => {
  const { kms, KeyId, hangUp } = await keyIn(t);
  const many = () => Promise.all(Array.from({ length: 8 }, () => kms.encrypt({ KeyId, Plaintext })));
  for (let i = 0; i < 5; i++) {
    await many();
    hangUp();
  }
  await many();
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

test('while a proxy stalls nobody else waits, and no write set is open', async (t) => {
  const { kms, cloud, proxy, KeyId, asked: requests } = await keyIn(t);
  const other = (await cloud.memberAccount('other')).root.kms;
  const plain = (await other.createKey({})).KeyMetadata!.KeyId!;
  const { store } = cloud.deps;
  const { transaction } = store;
  let open = 0;
  store.transaction = async (work) => {
    open++;
    return transaction(work).finally(() => open--);
  };
  proxy.meddle = () => undefined;
  let answered = 0;
  const stalled = Array.from({ length: 20 }, async (_, i) => {
    const answer = await (i % 2
      ? kms.encrypt({ KeyId, Plaintext })
      : kms.generateDataKey({ KeyId, KeySpec: 'AES_256' }));
    answered++;
    return answer;
  });
  while (requests.length < stalled.length) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(open, 0, 'those who wait hold nothing');
  for (let i = 0; i < 50; i++) {
    await other.describeKey({ KeyId: plain });
    const { CiphertextBlob } = await other.encrypt({ KeyId: plain, Plaintext });
    assert.deepEqual((await other.decrypt({ CiphertextBlob: CiphertextBlob! })).Plaintext, Plaintext);
  }
  await Promise.all(Array.from({ length: 50 }, () => kms.describeKey({ KeyId })));
  assert.equal(answered, 0);
  assert.equal(requests.length, stalled.length, 'each has asked once');
  proxy.meddle = undefined;
  for (const send of proxy.held) send();
  for (const answer of await Promise.all(stalled)) {
    const { Plaintext: opened } = await kms.decrypt({ CiphertextBlob: answer.CiphertextBlob! });
    assert.deepEqual(opened, 'Plaintext' in answer ? answer.Plaintext : Plaintext);
  }
});

test('what changes while a proxy stalls counts when it answers', async (t) => {
  const { kms, cloud, proxy, KeyId, asked: requests } = await keyIn(t);
  const alice = await cloud.user('alice', { Statement: [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }] });
  const stalling = async (asker: typeof kms, change: () => Promise<unknown>) => {
    proxy.meddle = () => undefined;
    requests.length = proxy.held.length = 0;
    const pending = asker.encrypt({ KeyId, Plaintext }).catch((error: Error) => error);
    while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    proxy.meddle = undefined;
    await change();
    proxy.held[0]!();
    return (await pending) as Error;
  };
  const denial = await stalling(alice.kms, () =>
    cloud.root.iam.deleteUserPolicy({ UserName: 'alice', PolicyName: 'policy-1' }),
  );
  assert.equal(denial.name, 'AccessDeniedException');
  assert.equal((await stalling(kms, () => kms.disableKey({ KeyId }))).name, 'DisabledException');
});
