/** Who asks for a page: whoever signed the request for it, as for any call. */
import type { Context, Source } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { WireRequest } from '../../core/wire.ts';
import type { Transaction } from '../../store/store.ts';
import { authenticate, missingToken } from '../authenticate.ts';
import { claimOf } from '../claim.ts';
import type { Deps } from '../invocation.ts';

const callsNothing = (): never => {
  throw new CommonError('NotImplemented', 'This page calls no service.', 501);
};

/** Who signed the request to a page, in a write set. */
export async function signerOf(request: WireRequest, deps: Deps, source: Source, tx: Transaction): Promise<Context> {
  const claim = claimOf(request);
  if (!claim) throw missingToken();
  const now = deps.now();
  const caller = await authenticate(request, claim, tx, { secrets: deps.secrets, now, wallClock: deps.wallClock() });
  return {
    caller,
    account: caller.account,
    partition: 'aws',
    region: claim.region,
    now,
    random: deps.random,
    store: tx,
    journal: deps.store.journal,
    requestId: uuid(deps),
    source,
    secrets: deps.secrets,
    blobs: deps.blobs,
    settings: deps.settings,
    audit: {},
    call: callsNothing,
    permit: callsNothing,
    ongoing: callsNothing,
    reach: callsNothing,
  };
}
