/** External key stores: made, connected, changed and ended. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { XKS_CREDENTIAL } from '../../testing/xksProxy.ts';
import { asked, cloudWith, ENDPOINT, keyIn, PATH, Plaintext } from './externalKeyStores.fixture.ts';
import { lastRecord } from './records.fixture.ts';

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
  for (const [operation, customKeyStoreName] of [
    ['ConnectCustomKeyStore', 'other'],
    ['UpdateCustomKeyStore', 'mine'],
    ['DisconnectCustomKeyStore', 'other'],
    ['DeleteCustomKeyStore', 'other'],
  ] as const) {
    const { additionalEventData, responseElements } = await lastRecord(cloud, operation);
    assert.deepEqual([additionalEventData, responseElements], [{ customKeyStoreName }, null], operation);
  }
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

/** A store of that connectivity, made and not connected. */
async function vpcStore(t: TestContext) {
  const there = await cloudWith(t);
  const { kms, address, proxies } = there;
  const vpcEndpointService = 'com.amazonaws.vpce.us-east-1.vpce-svc-0123';
  proxies[ENDPOINT] = { ...address, vpcEndpointService };
  const vpc = {
    XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
    XksProxyVpcEndpointServiceName: vpcEndpointService,
  } as const;
  const { CustomKeyStoreId } = await kms.createCustomKeyStore({ ...asked(), ...vpc });
  return { ...there, vpc, vpcEndpointService, CustomKeyStoreId: CustomKeyStoreId! };
}

test('a store behind a VPC endpoint service is looked at when it is connected', async (t) => {
  const { kms, cloud, vpc, vpcEndpointService, CustomKeyStoreId, asked: requests } = await vpcStore(t);
  assert.equal(requests.length, 0);
  await refusal(kms.createCustomKeyStore({ ...asked('second'), ...vpc }), 'XksProxyUriInUseException');
  const elsewhere = { ...asked('second'), XksProxyUriPath: '/other/kms/xks/v1' };
  await refusal(kms.createCustomKeyStore({ ...elsewhere, ...vpc }), 'XksProxyUriEndpointInUseException');
  await refusal(kms.createCustomKeyStore(elsewhere), 'XksProxyUriEndpointInUseException');
  await kms.connectCustomKeyStore({ CustomKeyStoreId });
  await cloud.settle();
  const [store] = (await kms.describeCustomKeyStores({})).CustomKeyStores!;
  assert.equal(store!.ConnectionState, 'CONNECTED');
  assert.equal(store!.XksProxyConfiguration!.VpcEndpointServiceName, vpcEndpointService);
  assert.equal(store!.XksProxyConfiguration!.VpcEndpointServiceOwner, cloud.managementAccount);
});

test('connectivity changes together with the endpoint, while the store is disconnected', async (t) => {
  const { kms, cloud, address, proxies, CustomKeyStoreId, vpcEndpointService } = await vpcStore(t);
  delete proxies[ENDPOINT];
  const state = async () => {
    await kms.connectCustomKeyStore({ CustomKeyStoreId });
    await cloud.settle();
    const [store] = (await kms.describeCustomKeyStores({})).CustomKeyStores!;
    return [store!.ConnectionState, store!.ConnectionErrorCode];
  };
  assert.deepEqual(await state(), ['FAILED', 'XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND']);
  const open = { CustomKeyStoreId, XksProxyConnectivity: 'PUBLIC_ENDPOINT' } as const;
  const elsewhere = 'https://public.example.com';
  proxies[elsewhere] = { ...address };
  const moved = { ...open, XksProxyUriEndpoint: elsewhere, XksProxyVpcEndpointServiceName: '' };
  await refusal(kms.updateCustomKeyStore(moved), 'CustomKeyStoreInvalidStateException');
  await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
  await cloud.settle();
  await refusal(kms.updateCustomKeyStore(open), 'ValidationException');
  await refusal(kms.updateCustomKeyStore({ ...moved, XksProxyUriEndpoint: ENDPOINT }), 'ValidationException');
  await refusal(kms.updateCustomKeyStore(moved), 'XksProxyInvalidConfigurationException');
  const back = { CustomKeyStoreId, XksProxyVpcEndpointServiceName: `${vpcEndpointService}x` };
  await refusal(kms.updateCustomKeyStore(back), 'XksProxyVpcEndpointServiceNotFoundException');
  const name = { CustomKeyStoreId, XksProxyVpcEndpointServiceName: 'no name' };
  await refusal(kms.updateCustomKeyStore(name), 'ValidationException');
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

test('whoever may not, learns nothing of key stores', async (t) => {
  const { cloud, CustomKeyStoreId } = await keyIn(t);
  const { kms } = await cloud.user('nobody');
  await refusal(kms.describeCustomKeyStores({}), 'AccessDeniedException');
  await refusal(kms.describeCustomKeyStores({ CustomKeyStoreId: 'cks-missing' }), 'AccessDeniedException');
  await refusal(kms.deleteCustomKeyStore({ CustomKeyStoreId }), 'AccessDeniedException');
  const other = await cloud.memberAccount('other');
  await refusal(other.root.kms.describeCustomKeyStores({ CustomKeyStoreId }), 'CustomKeyStoreNotFoundException');
});
