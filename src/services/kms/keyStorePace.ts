/**
 * How many requests a second a custom key store is asked: what is behind it is slower than we are, and should not be
 * asked what it cannot answer in time. Counted in memory, by each plane for itself.
 * https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html#rps-key-stores
 */
import type { Context, Settings } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { metrics } from '../../core/metrics.ts';
import { quota } from '../../core/quotas.ts';
import type { KeyStore } from './keyStoreRows.ts';
import { keptMeasurer } from './proxyRequests.ts';

const REQUESTS_MAX = 1_800;

interface Second {
  readonly second: number;
  readonly requests: number;
}

/** Of each plane, by store. There are few stores: ten in an account and Region. */
const planes = new WeakMap<Settings, Map<string, Second>>();

class Throttled extends CommonError {
  constructor() {
    const sentence = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.';
    super('ThrottlingException', sentence);
  }
}

/**
 * Work that asks the store. `admit` is to be called where it is asked, which is once, however often the request runs;
 * it throws ThrottlingException, which CloudWatch is told of.
 */
export async function paced<T>(
  ctx: Context,
  store: KeyStore,
  operation: string,
  work: (admit: () => void) => Promise<T>,
): Promise<T> {
  try {
    return await work(() => admit(ctx, store));
  } catch (error) {
    if (error instanceof Throttled) noteThrottle(ctx, store, operation);
    throw error;
  }
}

function admit(ctx: Context, { id }: KeyStore): void {
  const stores = planes.get(ctx.settings) ?? new Map<string, Second>();
  planes.set(ctx.settings, stores);
  const second = Math.floor(ctx.now.getTime() / 1000);
  const before = stores.get(id);
  const requests = before?.second === second ? before.requests : 0;
  if (requests >= quota(ctx, 'CustomKeyStoreRequestsPerSecond', REQUESTS_MAX)) throw new Throttled();
  stores.set(id, { second, requests: requests + 1 });
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html */
function noteThrottle(ctx: Context, { id, account, region, proxy }: KeyStore, KmsOperation: string): void {
  metrics(keptMeasurer(ctx), {
    ...{ namespace: 'AWS/KMS', account, region },
    dimensions: { CustomKeyStoreId: id, KmsOperation, KeySpec: 'SYMMETRIC_DEFAULT' },
    points: [{ name: proxy ? 'ExternalKeyStoreThrottle' : 'CloudHSMKeyStoreThrottle', value: 1, unit: 'Count' }],
  });
}
