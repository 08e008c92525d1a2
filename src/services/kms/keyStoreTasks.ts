/**
 * What custom key stores leave to be done behind the answer. It loads with the plane, so it imports nothing of the
 * service before there is something to do.
 */
import type { TaskHandler } from '../../core/tasks.ts';

export const KEY_STORE_CONNECTION = 'kms.keyStoreConnection';

export interface ConnectionTask {
  readonly storeId: string;
  /** The store's count of attempts: a later one makes this one void. */
  readonly attempt: number;
  readonly requestId: string;
}

export const keyStoreConnection: TaskHandler<ConnectionTask, { readonly error?: string | undefined }> = {
  kind: KEY_STORE_CONNECTION,
  principal: 'kms.amazonaws.com',
  async reach({ account, region, body }, around) {
    const { keyStores } = await import('./keyStoreRows.ts');
    const { outcomeOf } = await import('./keyStoreConnections.ts');
    const store = await around.store.transaction((tx) => tx.get(keyStores, [account, region, body.storeId]));
    return {
      error: store && store.attempts === body.attempt ? await outcomeOf(store, body.requestId, around) : undefined,
    };
  },
  async settle({ account, region, body }, ctx, { error }) {
    const { keyStores } = await import('./keyStoreRows.ts');
    const store = await ctx.store.get(keyStores, [account, region, body.storeId]);
    if (!store || store.attempts !== body.attempt) return undefined;
    const isConnecting = store.state === 'CONNECTING';
    await ctx.store.replace(keyStores, {
      ...store,
      state: !isConnecting ? 'DISCONNECTED' : error === undefined ? 'CONNECTED' : 'FAILED',
      ...(isConnecting && error !== undefined && { error: error as NonNullable<typeof store.error> }),
    });
    return undefined;
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
    const { noteTokenDeletion } = await import('./deletionRecords.ts');
    noteTokenDeletion(ctx, { account, region }, body, isDone);
    return undefined;
  },
};
