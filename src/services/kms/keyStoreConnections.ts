/**
 * Connecting and disconnecting custom key stores. The answer comes at once; whether a proxy answers, or a token takes
 * the password, is found out behind it, and told by DescribeCustomKeyStores.
 */
import {
  type ConnectCustomKeyStoreRequest,
  ConnectionErrorCodeType,
  CustomKeyStoreInvalidStateException,
  type DisconnectCustomKeyStoreRequest,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { HsmError, type HsmFailure } from '../../core/hsm.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { later, type Outside } from '../../core/tasks.ts';
import { hsmOf, type KeyStore, keyStores, proxyOf, storeById } from './keyStoreRows.ts';
import { anyStore } from './keyStores.ts';
import { type ConnectionTask, KEY_STORE_CONNECTION } from './keyStoreTasks.ts';
import { XKS_FAILURES, XksError } from './xksFailures.ts';
import { checkHealth } from './xksProxy.ts';

export const ConnectCustomKeyStore: Operation<Present<ConnectCustomKeyStoreRequest>, object> = {
  access: anyStore,
  async run(input, ctx) {
    const store = await storeById(ctx, input.CustomKeyStoreId);
    if (store.state === 'FAILED' || store.state === 'DISCONNECTING') throw wrongState(store);
    if (store.state === 'DISCONNECTED') await attempt(ctx, store, 'CONNECTING');
    return {};
  },
};

export const DisconnectCustomKeyStore: Operation<Present<DisconnectCustomKeyStoreRequest>, object> = {
  access: anyStore,
  async run(input, ctx) {
    const store = await storeById(ctx, input.CustomKeyStoreId);
    if (store.state === 'DISCONNECTED' || store.state === 'DISCONNECTING') throw wrongState(store);
    await attempt(ctx, store, 'DISCONNECTING');
    return {};
  },
};

const wrongState = (store: KeyStore): never =>
  fail(CustomKeyStoreInvalidStateException, `Custom key store ${store.id} is ${store.state.toLowerCase()}.`);

type Changing = 'CONNECTING' | 'DISCONNECTING';

async function attempt(ctx: Context, before: KeyStore, state: Changing): Promise<void> {
  const { error: _, ...rest } = before;
  const store: KeyStore = { ...rest, state, attempts: before.attempts + 1 };
  await ctx.store.replace(keyStores, store);
  const body: ConnectionTask = { storeId: store.id, attempt: store.attempts, requestId: ctx.requestId };
  await later(ctx, { kind: KEY_STORE_CONNECTION, id: `${store.account}/${store.region}/${store.id}`, body });
}

/** What became of an attempt; undefined if nothing stands in its way. */
export async function outcomeOf(store: KeyStore, requestId: string, around: Outside) {
  if (store.state !== 'CONNECTING') return undefined;
  try {
    if (store.proxy) {
      const metadata = { kmsOperation: 'ConnectCustomKeyStore', kmsRequestId: requestId };
      await checkHealth(proxyOf(around, store.region, store.proxy), metadata);
      return undefined;
    }
    const hsm = hsmOf(around, store.cluster!);
    if (!hsm) return ConnectionErrorCodeType.CLUSTER_NOT_FOUND;
    await hsm.login();
    return undefined;
  } catch (error) {
    if (error instanceof XksError) return XKS_FAILURES[error.failure].connection;
    if (error instanceof HsmError) return HSM_CODES[error.why];
    throw error;
  }
}

const HSM_CODES: Readonly<Record<HsmFailure, ConnectionErrorCodeType>> = {
  NO_LIBRARY: ConnectionErrorCodeType.INTERNAL_ERROR,
  NO_MODULE: ConnectionErrorCodeType.INSUFFICIENT_CLOUDHSM_HSMS,
  NO_TOKEN: ConnectionErrorCodeType.CLUSTER_NOT_FOUND,
  NO_USER: ConnectionErrorCodeType.USER_NOT_FOUND,
  NO_KEY: ConnectionErrorCodeType.INTERNAL_ERROR,
  WRONG_PIN: ConnectionErrorCodeType.INVALID_CREDENTIALS,
  LOCKED: ConnectionErrorCodeType.USER_LOCKED_OUT,
  STALLED: ConnectionErrorCodeType.NETWORK_ERRORS,
  FAILED: ConnectionErrorCodeType.NETWORK_ERRORS,
};
