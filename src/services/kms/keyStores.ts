/**
 * Creating, describing, changing and deleting custom key stores. What a request claims of a proxy is tried out before
 * it is written: a wrong address or credential changes nothing.
 */
import {
  CloudHsmClusterInUseException,
  CloudHsmClusterNotFoundException,
  CloudHsmClusterNotRelatedException,
  type CreateCustomKeyStoreRequest,
  type CreateCustomKeyStoreResponse,
  CustomKeyStoreHasCMKsException,
  CustomKeyStoreNameInUseException,
  type CustomKeyStoresListEntry,
  type DeleteCustomKeyStoreRequest,
  type DescribeCustomKeyStoresRequest,
  type DescribeCustomKeyStoresResponse,
  IncorrectTrustAnchorException,
  LimitExceededException,
  type UpdateCustomKeyStoreRequest,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { ensureLinkedRole } from '../../identity/linkedRoles.ts';
import { callerConditions } from './conditions.ts';
import {
  clusterAt,
  type KeyStore,
  keyStores,
  noSuchStore,
  noteStore,
  requireDisconnected,
  sealCredential,
  storeById,
} from './keyStoreRows.ts';
import { keys, stateOf } from './keys.ts';
import { rowsPage } from './pages.ts';
import { askProxy } from './proxyRequests.ts';
import { changedProxy, newProxy, requireOwnAddress } from './proxySettings.ts';
import { told } from './xksFailures.ts';
import { checkHealth } from './xksProxy.ts';

/** A custom key store is no resource: permission on it is permission on all. */
export const anyStore = (_input: object, ctx: Context): Access => ({
  resource: '*',
  conditions: callerConditions(ctx),
});

type Create = Present<CreateCustomKeyStoreRequest>;
type Update = Present<UpdateCustomKeyStoreRequest>;

const STORES_MAX = 10;

export const CreateCustomKeyStore: Operation<Create, CreateCustomKeyStoreResponse> = {
  access: (input, ctx) =>
    isExternal(input)
      ? anyStore(input, ctx)
      : [anyStore(input, ctx), { action: 'cloudhsm:DescribeClusters', resource: '*' }],
  async run(input, ctx) {
    const name = await freeName(ctx, input.CustomKeyStoreName);
    if (!(await ctx.store.fits(keyStores, [ctx.account, ctx.region], storesMax(ctx), 'region'))) {
      fail(LimitExceededException, 'You have reached your limit of custom key stores in this Region.');
    }
    const { account, region } = ctx;
    const store: KeyStore = {
      ...{ account, region, id: `cks-${Buffer.from(ctx.random(9)).toString('hex').slice(0, 17)}`, name },
      created: ctx.now.toISOString(),
      state: 'DISCONNECTED',
      attempts: 0,
      ...(isExternal(input) ? { proxy: newProxy(ctx, input) } : { cluster: await newCluster(ctx, input) }),
    };
    if (store.proxy) await requireOwnAddress(ctx, store);
    // AWS looks at proxies behind a VPC endpoint service when the store is connected.
    if (store.proxy?.connectivity === 'PUBLIC_ENDPOINT') await tryOut(ctx, store, 'CreateCustomKeyStore');
    await ctx.store.insert(keyStores, store);
    return { CustomKeyStoreId: store.id };
  },
};

const storesMax = (ctx: Context) => quota(ctx, 'CustomKeyStoresQuota', STORES_MAX);

const isExternal = ({ CustomKeyStoreType }: Create) => CustomKeyStoreType === 'EXTERNAL_KEY_STORE';

async function freeName(ctx: Context, name: string, id?: string): Promise<string> {
  const { rows } = await ctx.store.list(keyStores, [ctx.account, ctx.region], { limit: 1000, index: 'region' });
  if (rows.some((store) => store.name === name && store.id !== id)) {
    fail(CustomKeyStoreNameInUseException, `Custom key store name ${name} is already in use.`);
  }
  return name;
}

async function tryOut(ctx: Context, store: KeyStore, kmsOperation: string): Promise<void> {
  const metadata = { kmsOperation, kmsRequestId: ctx.requestId };
  const { endpoint, path } = store.proxy!;
  const request = { name: `${endpoint}${path}`, kmsOperation, xksOperation: 'GetHealthStatus' } as const;
  try {
    await askProxy(ctx, store, request, (proxy) => checkHealth(proxy, metadata));
  } catch (error) {
    if (kmsOperation === 'CreateCustomKeyStore') delete ctx.audit.kept; // A store that is not made has no metrics.
    told(error, 'managing');
  }
}

async function newCluster(ctx: Context, input: Create): Promise<NonNullable<KeyStore['cluster']>> {
  const { CloudHsmClusterId: id, TrustAnchorCertificate: trustAnchor, KeyStorePassword: password } = input;
  if (id === undefined || trustAnchor === undefined || password === undefined) {
    throw new ValidationFailure(
      'You must specify CloudHsmClusterId, KeyStorePassword, and TrustAnchorCertificate for a custom key store of type AWS_CLOUDHSM.',
    );
  }
  if (Object.keys(input).some((name) => name.startsWith('XksProxy'))) {
    throw new ValidationFailure('You cannot specify external key store proxy values for an AWS CloudHSM key store.');
  }
  const address = ownCluster(ctx, id);
  if (!isSamePem(address.trustAnchor, trustAnchor)) {
    fail(IncorrectTrustAnchorException, `The trust anchor certificate is not that of cluster ${id}.`);
  }
  await requireFreeCluster(ctx, id);
  await ensureLinkedRole(ctx, 'cks.kms.amazonaws.com', CLUSTER_ROLE);
  return { id, trustAnchor, password: sealCredential(ctx, password) };
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/authorize-kms.html */
const CLUSTER_ROLE = 'AWSServiceRoleForKeyManagementServiceCustomKeyStores';

function ownCluster(ctx: Context, id: string) {
  const address = clusterAt(ctx, id);
  const isOwn = address && (address.account === undefined || address.account === ctx.account);
  return isOwn ? address : fail(CloudHsmClusterNotFoundException, `Cluster ${id} is not found.`);
}

const isSamePem = (one: string, other: string) => one.replaceAll(/\s/g, '') === other.replaceAll(/\s/g, '');

async function requireFreeCluster(ctx: Context, id: string): Promise<void> {
  const { rows } = await ctx.store.list(keyStores, [id], { limit: 1, index: 'clusterId' });
  if (rows.length > 0) fail(CloudHsmClusterInUseException, `Cluster ${id} is already associated with a key store.`);
}

export const DescribeCustomKeyStores: Operation<
  Present<DescribeCustomKeyStoresRequest>,
  DescribeCustomKeyStoresResponse
> = {
  access: anyStore,
  async run(input, ctx) {
    const { CustomKeyStoreId: id, CustomKeyStoreName: name } = input;
    if (id !== undefined && name !== undefined) {
      throw new ValidationFailure('You cannot specify both CustomKeyStoreId and CustomKeyStoreName.');
    }
    if (id !== undefined) return { CustomKeyStores: [storeView(await storeById(ctx, id))], Truncated: false };
    const prefix = [ctx.account, ctx.region];
    if (name === undefined) {
      const { rows, page } = await rowsPage(ctx, keyStores, prefix, input, { standard: 100 });
      return { CustomKeyStores: rows.map(storeView), ...page };
    }
    const { rows } = await ctx.store.list(keyStores, prefix, { limit: 1000 });
    const store = rows.find((row) => row.name === name);
    if (!store) throw noSuchStore(name);
    return { CustomKeyStores: [storeView(store)], Truncated: false };
  },
};

const storeView = ({ proxy, cluster, ...store }: KeyStore): CustomKeyStoresListEntry => ({
  CustomKeyStoreId: store.id,
  CustomKeyStoreName: store.name,
  ...(cluster && { CloudHsmClusterId: cluster.id, TrustAnchorCertificate: cluster.trustAnchor }),
  ConnectionState: store.state,
  ...(store.error && { ConnectionErrorCode: store.error }),
  CreationDate: new Date(store.created),
  CustomKeyStoreType: proxy ? 'EXTERNAL_KEY_STORE' : 'AWS_CLOUDHSM',
  ...(proxy && {
    XksProxyConfiguration: {
      Connectivity: proxy.connectivity,
      AccessKeyId: proxy.accessKeyId,
      UriEndpoint: proxy.endpoint,
      UriPath: proxy.path,
      ...(proxy.vpcService !== undefined && {
        VpcEndpointServiceName: proxy.vpcService,
        VpcEndpointServiceOwner: proxy.vpcOwner ?? store.account,
      }),
    },
  }),
});

export const UpdateCustomKeyStore: Operation<Update, object> = {
  access: anyStore,
  async run(input, ctx) {
    const before = await storeById(ctx, input.CustomKeyStoreId);
    noteStore(ctx, before);
    const { NewCustomKeyStoreName: name } = input;
    const store = {
      ...before,
      ...(name !== undefined && { name: await freeName(ctx, name, before.id) }),
      ...(before.proxy
        ? { proxy: changedProxy(ctx, before, input) }
        : { cluster: await changedCluster(ctx, before, input) }),
    };
    if (store.proxy && store.proxy !== before.proxy) {
      await requireOwnAddress(ctx, store);
      await tryOut(ctx, store, 'UpdateCustomKeyStore');
    }
    await ctx.store.replace(keyStores, store);
    return {};
  },
};

async function changedCluster(ctx: Context, store: KeyStore, input: Update): Promise<NonNullable<KeyStore['cluster']>> {
  if (Object.keys(input).some((name) => name.startsWith('XksProxy'))) {
    throw new ValidationFailure('You cannot specify external key store proxy values for an AWS CloudHSM key store.');
  }
  const cluster = store.cluster!;
  const { CloudHsmClusterId: id = cluster.id, KeyStorePassword: password } = input;
  if (input.CloudHsmClusterId === undefined && password === undefined) return cluster;
  requireDisconnected(store);
  if (id !== cluster.id) {
    if (!isSamePem(ownCluster(ctx, id).trustAnchor, cluster.trustAnchor)) {
      fail(CloudHsmClusterNotRelatedException, `Cluster ${id} is not related to cluster ${cluster.id}.`);
    }
    await requireFreeCluster(ctx, id);
  }
  if (password === undefined) return { ...cluster, id };
  return { id, trustAnchor: cluster.trustAnchor, password: sealCredential(ctx, password) };
}

export const DeleteCustomKeyStore: Operation<Present<DeleteCustomKeyStoreRequest>, object> = {
  access: anyStore,
  async run(input, ctx) {
    const store = await storeById(ctx, input.CustomKeyStoreId);
    noteStore(ctx, store);
    const { rows } = await ctx.store.list(keys, [store.account, store.region, store.id], {
      limit: 1000,
      index: 'keyStore',
    });
    if (rows.some((key) => stateOf(key, ctx.now) !== undefined)) {
      fail(CustomKeyStoreHasCMKsException, `Custom key store ${store.id} contains KMS keys.`);
    }
    requireDisconnected(store);
    await ctx.store.remove(keyStores, [store.account, store.region, store.id]);
    return {};
  },
};
