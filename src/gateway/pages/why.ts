/** `GET /_gatehouse/why/REQUEST_ID`: how a request was decided, for whoever may decode authorization messages. */
import type { Source } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { WireRequest } from '../../core/wire.ts';
import { accounts, organizations } from '../../identity/organization.ts';
import type { Transaction } from '../../store/store.ts';
import { authorize } from '../authorize.ts';
import { DECISION_REGION } from '../decisions.ts';
import type { Deps } from '../invocation.ts';
import { json, PAGES_PREFIX, type Page } from './page.ts';
import { signerOf } from './signer.ts';

export const whyPage: Page = async (request, deps, source) => {
  const requestId = request.path.slice(`${PAGES_PREFIX}why/`.length);
  if (!/^[0-9a-f-]{36}$/.test(requestId)) throw new CommonError('InvalidRequestId', 'A request id is a UUID.');
  const accountIds = await deps.store.transaction((tx) => readableAccounts(request, deps, source, tx));
  for (const account of accountIds) {
    const latest = deps.decisions.latest(requestId, account);
    const found = latest.length > 0 ? latest : await durableDenials(requestId, account, deps);
    if (found.length > 0) return json(200, { requestId, account, decisions: found });
  }
  throw new CommonError('NotFound', `No decision on request ${requestId} is kept that you may read.`, 404);
};

/** The caller's own account; for the management account, every account of its organization. */
async function readableAccounts(request: WireRequest, deps: Deps, source: Source, tx: Transaction) {
  const ctx = await signerOf(request, deps, source, tx);
  const { caller } = ctx;
  await authorize(ctx, 'sts:DecodeAuthorizationMessage', { resource: '*' });
  const own = await tx.get(accounts, [caller.account]);
  const organization = own?.organization ? await tx.get(organizations, [own.organization]) : undefined;
  if (organization?.management !== caller.account) return [caller.account];
  const members = await tx.list(accounts, [organization.id], { index: 'organization', limit: 10_000 });
  return members.rows.map(({ id }) => id);
}

async function durableDenials(requestId: string, account: string, deps: Deps): Promise<object[]> {
  const question = { kind: 'decision', account, region: DECISION_REGION, limit: 10 };
  const attribute = { name: 'RequestId', value: requestId };
  const { entries } = await deps.store.journal.lookup({ ...question, attribute });
  return entries.map((entry) => JSON.parse(entry.body) as object);
}
