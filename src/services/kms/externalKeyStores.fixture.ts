/** A cloud with a reference external key store proxy beside it. */
import type { TestContext } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { XKS_CREDENTIAL, XKS_HOST, xksProxy } from '../../testing/xksProxy.ts';

export const ENDPOINT = `https://${XKS_HOST}`;
export const PATH = '/example/prefix/kms/xks/v1';

export const asked = (name = 'mine') => ({
  CustomKeyStoreName: name,
  CustomKeyStoreType: 'EXTERNAL_KEY_STORE' as const,
  XksProxyUriEndpoint: ENDPOINT,
  XksProxyUriPath: PATH,
  XksProxyConnectivity: 'PUBLIC_ENDPOINT' as const,
  XksProxyAuthenticationCredential: XKS_CREDENTIAL,
});

export async function cloudWith(t: TestContext, quotas: Record<string, number> = {}) {
  const outside = await xksProxy(t, PATH);
  const { address } = outside;
  const proxies: Record<string, typeof address> = { [ENDPOINT]: address };
  const cloud = await testCloud({ quotas, keyStores: { proxies, clusters: {}, wallClock: Date.now } });
  return { ...outside, proxies, cloud, kms: cloud.root.kms };
}

/** With a connected key store and a key in it. */
export async function keyIn(t: TestContext, quotas: Record<string, number> = {}) {
  const there = await cloudWith(t, quotas);
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

export const Plaintext = new Uint8Array(Buffer.from('what nobody else may know'));
