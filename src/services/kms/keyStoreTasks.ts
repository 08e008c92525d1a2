/**
 * What custom key stores leave to be done behind the answer. It loads with the plane, so it imports nothing of the
 * service before there is something to do.
 */
import { uuid } from '../../core/ids.ts';
import { NO_BACKINGS } from '../../core/keyStores.ts';
import { later, type TaskHandler } from '../../core/tasks.ts';
import type { Attempted } from './keyStoreConnections.ts';
import type { KeyStore } from './keyStoreRows.ts';
import type { Outcome } from './proxyRequests.ts';
import type { Health } from './xksProxy.ts';

export const KEY_STORE_CONNECTION = 'kms.keyStoreConnection';

export interface ConnectionTask {
  readonly storeId: string;
  /** The store's count of attempts: a later one makes this one void. */
  readonly attempt: number;
  readonly requestId: string;
}

export const keyStoreConnection: TaskHandler<ConnectionTask, Attempted> = {
  kind: KEY_STORE_CONNECTION,
  principal: 'kms.amazonaws.com',
  async reach({ account, region, body }, around) {
    const { keyStores } = await import('./keyStoreRows.ts');
    const { attempted } = await import('./keyStoreConnections.ts');
    const store = await around.store.transaction((tx) => tx.get(keyStores, [account, region, body.storeId]));
    return store?.attempts === body.attempt ? attempted(store, body.requestId, around) : {};
  },
  async settle({ account, region, body, id }, ctx, { error, asked, isRotated }) {
    const { keyStores } = await import('./keyStoreRows.ts');
    const store = await ctx.store.get(keyStores, [account, region, body.storeId]);
    if (!store || store.attempts !== body.attempt) return undefined;
    const isConnecting = store.state === 'CONNECTING';
    const state = !isConnecting ? 'DISCONNECTED' : error === undefined ? 'CONNECTED' : 'FAILED';
    const failure = isConnecting && error !== undefined && { error };
    const cluster = isRotated && store.cluster && { cluster: withPassword(store.cluster) };
    await ctx.store.replace(keyStores, { ...store, ...cluster, state, ...failure });
    if (asked) {
      const { HEALTH_OF_CONNECTION } = await import('./keyStoreConnections.ts');
      const { noteRequest } = await import('./proxyRequests.ts');
      noteRequest(ctx, store, HEALTH_OF_CONNECTION, asked);
    }
    if (store.proxy && state === 'CONNECTED') {
      const check: HealthTask = { storeId: store.id, attempt: store.attempts };
      await later(ctx, { kind: KEY_STORE_HEALTH, id, body: check, due: ctx.now.getTime() });
    }
    return undefined;
  },
};

/** The next password has become the password. */
const withPassword = ({ nextPassword, ...cluster }: NonNullable<KeyStore['cluster']>) => ({
  ...cluster,
  password: nextPassword ?? cluster.password,
});

const KEY_STORE_HEALTH = 'kms.keyStoreHealth';
const HEALTH_EVERY_MS = 60_000;

interface HealthTask {
  readonly storeId: string;
  /** The connection that it looks after: a later one has a check of its own. */
  readonly attempt: number;
}

/** As long as an external key store is connected its proxy is asked every minute how it is; CloudWatch is told. */
export const keyStoreHealth: TaskHandler<HealthTask, Outcome<Health> | undefined> = {
  kind: KEY_STORE_HEALTH,
  principal: 'kms.amazonaws.com',
  async reach({ account, region, body }, around) {
    const { keyStores } = await import('./keyStoreRows.ts');
    const store = await around.store.transaction((tx) => tx.get(keyStores, [account, region, body.storeId]));
    if (store?.state !== 'CONNECTED' || store.attempts !== body.attempt) return undefined;
    const { measured } = await import('./proxyRequests.ts');
    const { healthOf } = await import('./xksProxy.ts');
    const kmsRequestId = uuid(around);
    return measured(around, store, (proxy) => healthOf(proxy, { kmsOperation: 'KmsHealthCheck', kmsRequestId }));
  },
  async settle({ account, region, body }, ctx, asked) {
    const { keyStores } = await import('./keyStoreRows.ts');
    const store = await ctx.store.get(keyStores, [account, region, body.storeId]);
    if (!asked || store?.state !== 'CONNECTED' || store.attempts !== body.attempt) return undefined;
    const { noteHealth, noteRequest } = await import('./proxyRequests.ts');
    noteRequest(ctx, store, { kmsOperation: 'KmsHealthCheck', xksOperation: 'GetHealthStatus' }, asked);
    const { wallClock } = ctx.settings.keyStores ?? NO_BACKINGS;
    noteHealth(ctx, store, 'value' in asked ? asked.value : undefined, wallClock());
    return HEALTH_EVERY_MS;
  },
};

export const BACKING_KEY_DELETION = 'kms.backingKeyDeletion';

/** The key material of a KMS key that is gone. */
export interface DeletionTask {
  readonly keyArn: string;
  readonly storeId: string;
  readonly backing: string;
}

/** AWS's best effort: one try, whose outcome is in the record of the deletion. */
export const backingKeyDeletion: TaskHandler<DeletionTask, boolean> = {
  kind: BACKING_KEY_DELETION,
  principal: 'kms.amazonaws.com',
  async reach({ account, region, body }, around) {
    const { keyStores, hsmOf } = await import('./keyStoreRows.ts');
    const store = await around.store.transaction((tx) => tx.get(keyStores, [account, region, body.storeId]));
    if (store?.state !== 'CONNECTED' || !store.cluster) return false;
    try {
      return (await hsmOf(around, store.cluster)?.destroy(body.backing)) === true;
    } catch {
      return false;
    }
  },
  async settle({ account, region, body }, ctx, isDone) {
    const { keyStores } = await import('./keyStoreRows.ts');
    const { noteTokenDeletion } = await import('./ownEvents.ts');
    const store = await ctx.store.get(keyStores, [account, region, body.storeId]);
    noteTokenDeletion(ctx, { account, region }, { ...body, clusterId: store?.cluster?.id, isDone });
    return undefined;
  },
};
