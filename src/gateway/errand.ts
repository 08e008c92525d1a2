/** What the plane does without being asked by a request: a write set in the name of one of its own services. */
import { type Context, servicePrincipal } from '../core/context.ts';
import { timeUuid } from '../core/ids.ts';
import type { ServiceRole } from '../core/worker.ts';
import { contextFor, type Deps, type Journey } from './invocation.ts';
import { reaching } from './reaching.ts';

/**
 * Runs `work` in a write set, again if it lost a race. Calls it makes are authorized as the service principal, against
 * the policies of the resources they touch, and recorded. When it throws, nothing is left but the records of the calls
 * that were refused.
 */
export async function errand<T>(deps: Deps, as: ServiceRole, work: (ctx: Context) => Promise<T>): Promise<T> {
  const now = deps.now();
  const journey: Journey = {
    deps,
    source: { ip: '', userAgent: as.principal, host: as.principal },
    requestId: timeUuid(now, deps),
    questions: [],
    failed: [],
  };
  const caller = servicePrincipal(as.principal, { arn: as.sourceArn, account: as.account });
  try {
    return await reaching(journey, (tx) => {
      journey.questions = [];
      journey.failed = [];
      const from = { caller, account: as.account, region: as.region, now };
      return work(contextFor(journey, undefined, from, tx));
    });
  } catch (error) {
    const { failed } = journey;
    if (failed.length > 0) {
      await deps.store.transaction(async (tx) => {
        for (const record of failed) tx.append(record);
      });
    }
    throw error;
  }
}
