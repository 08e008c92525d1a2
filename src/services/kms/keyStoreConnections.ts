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
import { type Hsm, HsmError, type HsmFailure } from '../../core/hsm.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { later, type Outside } from '../../core/tasks.ts';
import {
  hsmOf,
  type KeyStore,
  keyStores,
  nextHsmOf,
  noteStore,
  proxyAt,
  storeById,
  withNextPassword,
} from './keyStoreRows.ts';
import { anyStore } from './keyStores.ts';
import { type ConnectionTask, KEY_STORE_CONNECTION } from './keyStoreTasks.ts';
import { measured, type Outcome, type ProxyRequest } from './proxyRequests.ts';
import { XKS_FAILURES } from './xksFailures.ts';
import { checkHealth } from './xksProxy.ts';

export const ConnectCustomKeyStore: Operation<Present<ConnectCustomKeyStoreRequest>, object> = {
  access: anyStore,
  async run(input, ctx) {
    const store = await storeById(ctx, input.CustomKeyStoreId);
    noteStore(ctx, store);
    if (store.state === 'FAILED' || store.state === 'DISCONNECTING') throw wrongState(store);
    if (store.state === 'DISCONNECTED') await attempt(ctx, store, 'CONNECTING');
    return {};
  },
};

export const DisconnectCustomKeyStore: Operation<Present<DisconnectCustomKeyStoreRequest>, object> = {
  access: anyStore,
  async run(input, ctx) {
    const store = await storeById(ctx, input.CustomKeyStoreId);
    noteStore(ctx, store);
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
  const { cluster } = before;
  const rotating = state === 'CONNECTING' && cluster && { cluster: withNextPassword(ctx, cluster) };
  const store: KeyStore = { ...rest, ...rotating, state, attempts: before.attempts + 1 };
  await ctx.store.replace(keyStores, store);
  const body: ConnectionTask = { storeId: store.id, attempt: store.attempts, requestId: ctx.requestId };
  await later(ctx, { kind: KEY_STORE_CONNECTION, id: `${store.account}/${store.region}/${store.id}`, body });
}

/** What became of an attempt: the error code, if something stands in its way; of a proxy also what was measured. */
export interface Attempted {
  readonly error?: ConnectionErrorCodeType | undefined;
  readonly asked?: Outcome<void> | undefined;
  /** The token has the PIN that the row calls the next one. */
  readonly isRotated?: boolean;
}

export const HEALTH_OF_CONNECTION = {
  kmsOperation: 'ConnectCustomKeyStore',
  xksOperation: 'GetHealthStatus',
} as const satisfies ProxyRequest;

export async function attempted(store: KeyStore, requestId: string, around: Outside): Promise<Attempted> {
  if (store.state !== 'CONNECTING') return {};
  if (!store.proxy) return loggedIn(store, around);
  const { endpoint, vpcService } = store.proxy;
  if (vpcService !== undefined && proxyAt(around, endpoint)?.vpcEndpointService !== vpcService) {
    return { error: ConnectionErrorCodeType.XKS_VPC_ENDPOINT_SERVICE_NOT_FOUND };
  }
  const metadata = { kmsOperation: HEALTH_OF_CONNECTION.kmsOperation, kmsRequestId: requestId };
  const asked = await measured(around, store, (proxy) => checkHealth(proxy, metadata));
  if ('error' in asked && asked.failure === undefined) throw asked.error;
  return { asked, error: asked.failure && XKS_FAILURES[asked.failure].connection };
}

/** Logs in, and changes the PIN as AWS changes the password of `kmsuser`. */
async function loggedIn(store: KeyStore, around: Outside): Promise<Attempted> {
  const hsm = hsmOf(around, store.cluster!);
  if (!hsm) return { error: ConnectionErrorCodeType.CLUSTER_NOT_FOUND };
  const next = nextHsmOf(around, store.cluster!);
  try {
    const isChanged = await hsm.login().then(
      () => false,
      (error) => hasNextPin(error, next?.hsm),
    );
    if (next && !isChanged) await hsm.setPin(next.pin);
    return { isRotated: next !== undefined };
  } catch (error) {
    if (error instanceof HsmError) return { error: HSM_CODES[error.why] };
    throw error;
  }
}

/** An attempt before this one may have ended after it had changed the PIN; throws if it has not. */
async function hasNextPin(error: unknown, next: Hsm | undefined): Promise<true> {
  if (!(error instanceof HsmError) || error.why !== 'WRONG_PIN' || !next) throw error;
  await next.login().catch(() => {
    throw error;
  });
  return true;
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
