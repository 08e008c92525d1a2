/** Who asks for a page: whoever signed the request for it, as for any call. */
import type { Context, Source } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import type { WireRequest } from '../../core/wire.ts';
import type { Transaction } from '../../store/store.ts';
import { authenticate, missingToken } from '../authenticate.ts';
import { claimOf } from '../claim.ts';
import { contextFor, type Deps } from '../invocation.ts';

/** Who signed the request to a page, in a write set. */
export async function signerOf(request: WireRequest, deps: Deps, source: Source, tx: Transaction): Promise<Context> {
  const claim = claimOf(request);
  if (!claim) throw missingToken();
  const now = deps.now();
  const caller = await authenticate(request, claim, tx, { secrets: deps.secrets, now, wallClock: deps.wallClock() });
  const journey = { deps, source, requestId: uuid(deps), questions: [], failed: [] };
  return contextFor(journey, undefined, { caller, account: caller.account, region: claim.region, now }, tx);
}
