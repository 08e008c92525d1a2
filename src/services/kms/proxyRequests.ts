/**
 * Requests to the proxies of external key stores: made while no write set is open, and measured for CloudWatch, also
 * when they fail. https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html
 */
import type { Context } from '../../core/context.ts';
import { type Measurer, metrics, type Point } from '../../core/metrics.ts';
import type { JournalEntry } from '../../store/store.ts';
import { type KeyStore, type Means, proxyOf } from './keyStoreRows.ts';
import { XksError, type XksFailure } from './xksFailures.ts';
import type { Health, XksProxy } from './xksProxy.ts';
import { PATIENCE_MS } from './xksTransport.ts';

/** As CloudWatch's dimensions name a request: the operation of KMS behind it, and that of the proxy. */
export interface ProxyRequest {
  readonly kmsOperation: string;
  readonly xksOperation: 'GetHealthStatus' | 'GetKeyMetadata' | 'Encrypt' | 'Decrypt';
}

/** What came of a request. */
export type Outcome<T> = ({ readonly value: T } | { readonly error: unknown }) & {
  readonly latencyMs: number;
  readonly failure: XksFailure | undefined;
};

/** `name` as in `ctx.reach`; `admit` throws where the proxy is not to be asked. */
interface Asking extends ProxyRequest {
  readonly name: string;
  readonly admit?: () => void;
}

/** One request to the proxy of the store, within an operation. Throws XksError. */
export async function askProxy<T>(
  ctx: Context,
  store: KeyStore,
  request: Asking,
  ask: (proxy: XksProxy) => Promise<T>,
): Promise<T> {
  const outcome = await ctx.reach(request.name, async () => {
    request.admit?.();
    return measured(ctx, store, ask);
  });
  noteRequest(keptMeasurer(ctx), store, request, outcome);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/** Whatever becomes of the request, what it measured is kept. */
export function keptMeasurer(ctx: Context): Measurer {
  const append = (entry: JournalEntry) => {
    ctx.audit.kept = [...(ctx.audit.kept ?? []), entry];
  };
  return { ...ctx, store: { append } };
}

export async function measured<T>(
  means: Means,
  { region, proxy: settings }: KeyStore,
  ask: (proxy: XksProxy) => Promise<T>,
): Promise<Outcome<T>> {
  const proxy = proxyOf(means, region, settings!);
  const began = proxy.wallClock();
  try {
    const value = await ask(proxy);
    return { value, latencyMs: proxy.wallClock() - began, failure: undefined };
  } catch (error) {
    const failure = error instanceof XksError ? error.failure : undefined;
    const limit = proxy.address?.timeoutMs ?? PATIENCE_MS;
    return { error, latencyMs: failure === 'stalled' ? limit : proxy.wallClock() - began, failure };
  }
}

const NAMESPACE = 'AWS/KMS';
const KEY_SPEC = 'SYMMETRIC_DEFAULT';

/** Errors that may pass, under the names that CloudWatch tells failures by which a proxy did not name. */
const RETRYABLE = new Set(['DependencyTimeoutException', 'InternalException', 'ThrottlingException']);
const OWN_NAMES: Readonly<Partial<Record<XksFailure, string>>> = {
  malformed: 'XksProxyInvalidResponseException',
  insecure: 'XksProxyInvalidConfigurationException',
  altered: 'InvalidCiphertextException',
};

function errorDimensions(failure: XksFailure | undefined) {
  // A proxy that tells of key managers that are all away has answered.
  if (failure === undefined || failure === 'unhealthy') return { ErrorType: 'N/A', ExceptionName: 'None' };
  if (failure === 'unreachable' || failure === 'stalled') {
    return { ErrorType: 'Retryable', ExceptionName: 'XksProxyUnreachableException' };
  }
  const ErrorType = RETRYABLE.has(failure) ? 'Retryable' : 'Non-retryable';
  return { ErrorType, ExceptionName: OWN_NAMES[failure] ?? failure };
}

const points = (name: string, value: number, unit = 'Count'): Point[] => [{ name, value, unit }];

/** Each request counts as one with its error, or with none; how long the answer took. */
export function noteRequest(
  to: Measurer,
  { id, account, region }: KeyStore,
  { kmsOperation, xksOperation }: ProxyRequest,
  { latencyMs, failure }: Pick<Outcome<unknown>, 'latencyMs' | 'failure'>,
): void {
  const request = {
    ...{ CustomKeyStoreId: id, KmsOperation: kmsOperation, XksOperation: xksOperation, KeySpec: KEY_SPEC },
  };
  const tell = (dimensions: Readonly<Record<string, string>>, measured: Point[]) =>
    metrics(to, { namespace: NAMESPACE, account, region, dimensions, points: measured });
  tell({ ...request, ...errorDimensions(failure) }, points('XksProxyErrors', 1));
  tell(request, points('XksProxyLatency', latencyMs, 'Milliseconds'));
}

const DAY_MS = 86_400_000;

/** CloudWatch's names of the states of external key managers. */
const STATES = { ACTIVE: 'Active', DEGRADED: 'Degraded', UNAVAILABLE: 'Unavailable' } as const;

/** What the periodic check tells of a store: `wallClock` is the real time, which certificates are dated by. */
export function noteHealth(to: Measurer, store: KeyStore, health: Health | undefined, wallClock: number): void {
  const { id, account, region, created, proxy } = store;
  const own = { CustomKeyStoreId: id };
  const tell = (dimensions: Readonly<Record<string, string>>, measured: Point[]) =>
    metrics(to, { namespace: NAMESPACE, account, region, dimensions, points: measured });
  const age = to.now.getTime() - Date.parse(proxy!.credentialSince ?? created);
  tell(own, points('XksProxyCredentialAge', Math.floor(age / DAY_MS), 'None'));
  if (!health) return;
  for (const [state, XksExternalKeyManagerState] of Object.entries(STATES)) {
    const count = health.states.filter((each) => each === state).length;
    tell({ ...own, XksExternalKeyManagerState }, points('XksExternalKeyManagerStates', count));
  }
  if (!health.certificate) return;
  const { name: CertificateName, expires } = health.certificate;
  const days = Math.floor((expires - wallClock) / DAY_MS);
  tell({ ...own, CertificateName }, points('XksProxyCertificateDaysToExpire', days, 'None'));
}
