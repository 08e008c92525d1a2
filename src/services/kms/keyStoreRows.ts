/** Custom key stores: their rows, and what their keys ask of them. */
import {
  type ConnectionErrorCodeType,
  type ConnectionStateType,
  CustomKeyStoreInvalidStateException,
  CustomKeyStoreNotFoundException,
  KMSInvalidStateException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Hsm, hsmAt } from '../../core/hsm.ts';
import { NO_BACKINGS } from '../../core/keyStores.ts';
import { table } from '../../store/store.ts';
import { type Key, keyArn } from './keys.ts';
import type { XksProxy } from './xksProxy.ts';

export interface KeyStore {
  readonly account: string;
  readonly region: string;
  /** `cks-` and 17 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly created: string;
  readonly state: ConnectionStateType;
  readonly error?: ConnectionErrorCodeType;
  /** How often it was connected or disconnected: the outcome of an attempt is that attempt's only. */
  readonly attempts: number;
  /** A CloudHSM key store. */
  readonly cluster?: {
    readonly id: string;
    readonly trustAnchor: string;
    /** Sealed. */
    readonly password: string;
    /** What the token's PIN is to be, or already is, when it is connected next. Sealed. */
    readonly nextPassword?: string;
  };
  /** An external key store. */
  readonly proxy?: ProxySettings;
}

export interface ProxySettings {
  readonly connectivity: 'PUBLIC_ENDPOINT' | 'VPC_ENDPOINT_SERVICE';
  readonly endpoint: string;
  readonly path: string;
  readonly accessKeyId: string;
  /** Sealed. */
  readonly secret: string;
  /** When these credentials were given (ISO 8601); with the store when absent. */
  readonly credentialSince?: string;
  readonly vpcService?: string;
  readonly vpcOwner?: string;
}

/** Endpoints and clusters are found across accounts: AWS wants some of them unique in the Region. */
export const keyStores = table<KeyStore>('kms_custom_key_store', {
  key: (store) => [store.account, store.region, store.id],
  indexes: {
    region: (store) => [[store.account, store.region]],
    endpoint: (store) => (store.proxy ? [[store.region, store.proxy.endpoint]] : []),
    vpcService: (store) => (store.proxy?.vpcService ? [[store.region, store.proxy.vpcService]] : []),
    clusterId: (store) => (store.cluster ? [[store.cluster.id]] : []),
  },
});

/** What unseals the credentials of a store and knows where it is: a request's context, or a task's surroundings. */
export type Means = Pick<Context, 'secrets' | 'settings'>;

const PURPOSE = 'kms-key-store';

export const sealCredential = (ctx: Context, text: string) => ctx.secrets.seal(PURPOSE, text, ctx.random(12));

function credential({ secrets }: Means, sealed: string): string {
  const plain = secrets.open(PURPOSE, sealed);
  if (!plain) throw new Error('The credentials of a custom key store do not open under this root key.');
  return plain.toString();
}

/** What the operator says of the proxy at that endpoint. */
export function proxyAt({ settings }: Pick<Means, 'settings'>, endpoint: string) {
  const { proxies } = settings.keyStores ?? NO_BACKINGS;
  return Object.hasOwn(proxies, endpoint) ? proxies[endpoint] : undefined;
}

export function proxyOf(means: Means, region: string, settings: ProxySettings): XksProxy {
  const { wallClock } = means.settings.keyStores ?? NO_BACKINGS;
  const { endpoint, path, accessKeyId, secret } = settings;
  const address = proxyAt(means, endpoint);
  return { endpoint, path, accessKeyId, region, address, wallClock, secretAccessKey: credential(means, secret) };
}

export function clusterAt({ settings }: Pick<Means, 'settings'>, id: string) {
  const { clusters } = settings.keyStores ?? NO_BACKINGS;
  return Object.hasOwn(clusters, id) ? clusters[id] : undefined;
}

type Cluster = NonNullable<KeyStore['cluster']>;

/** The token behind a store; undefined if the operator has none of that name. */
export function hsmOf(means: Means, cluster: Cluster): Hsm | undefined {
  const address = clusterAt(means, cluster.id);
  return address && hsmAt(address, credential(means, cluster.password));
}

/** The same token under the PIN that it is to have, if it is to have another. */
export function nextHsmOf(means: Means, { id, nextPassword }: Cluster): { hsm: Hsm; pin: string } | undefined {
  const address = clusterAt(means, id);
  if (!address || nextPassword === undefined) return undefined;
  const pin = credential(means, nextPassword);
  return { hsm: hsmAt(address, pin), pin };
}

const PIN_BYTES = 16;

/**
 * The cluster with a PIN that nobody has seen, for a token that is nobody else's. It lies in the row before the token is
 * given it: whatever happens in between, one of the two opens the token.
 */
export function withNextPassword(ctx: Context, cluster: Cluster): Cluster {
  if (cluster.nextPassword !== undefined || clusterAt(ctx, cluster.id)?.pin === 'kept') return cluster;
  return { ...cluster, nextPassword: sealCredential(ctx, Buffer.from(ctx.random(PIN_BYTES)).toString('hex')) };
}

/** Throws CustomKeyStoreNotFoundException. */
export async function storeById(ctx: Context, id: string): Promise<KeyStore> {
  const store = await ctx.store.get(keyStores, [ctx.account, ctx.region, id]);
  if (!store) throw noSuchStore(id);
  return store;
}

export const noSuchStore = (name: string) => awsError(CustomKeyStoreNotFoundException, name);

/** The record of what is done to a store tells its name and its cluster, and no answer. */
export function noteStore({ audit }: Context, { name, cluster }: KeyStore): void {
  audit.responseElements = null;
  audit.additionalEventData = { customKeyStoreName: name, ...(cluster && { clusterId: cluster.id }) };
}

/** For what makes something new in a store. */
export function requireConnected(store: KeyStore): void {
  if (store.state !== 'CONNECTED') {
    fail(CustomKeyStoreInvalidStateException, `Custom key store ${store.id} is not connected.`);
  }
}

/** For what changes a store, or ends it. */
export function requireDisconnected(store: KeyStore): void {
  if (store.state !== 'DISCONNECTED') {
    fail(CustomKeyStoreInvalidStateException, `Custom key store ${store.id} is not disconnected.`);
  }
}

/** The store of a key; undefined for keys that are in none. */
export const storeOf = async (ctx: Context, key: Key): Promise<KeyStore | undefined> =>
  key.keyStore && ctx.store.get(keyStores, [key.account, key.region, key.keyStore.id]);

/** The store of a key that is to be used now; throws where the key is unavailable. */
export async function usableStore(ctx: Context, key: Key): Promise<KeyStore> {
  const store = await storeOf(ctx, key);
  if (store?.state === 'CONNECTED') return store;
  fail(KMSInvalidStateException, store?.proxy ? NOT_CONNECTED : `${keyArn(key)} is unavailable.`);
}

const NOT_CONNECTED =
  'This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the external key store and try the request again.';
