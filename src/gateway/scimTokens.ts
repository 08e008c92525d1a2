/**
 * Tokens for SCIM: made, listed and revoked. AWS has them on a page of its console, with no public operation behind it
 * but with actions that policies permit, and with records of `sso-directory.amazonaws.com`.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/provision-automatically.html
 */
import type { Context, Source } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import { record } from '../core/ownRecords.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { administers, type Instance, instanceArn, instances } from '../identity/instances.ts';
import { issueScimToken, type ScimToken, scimTokens, scimTokensOf, tenantOf } from '../identity/scimTokens.ts';
import { authorize } from './authorize.ts';
import type { Deps } from './invocation.ts';
import { json, PAGES_PREFIX } from './pages.ts';
import { userIdentity } from './record.ts';
import { signerOf } from './why.ts';

interface Deed {
  /** Of `sso-directory`. */
  readonly action: string;
  readonly readOnly: boolean;
  readonly run: (ctx: Context, instance: Instance, id: string) => Promise<object>;
}

const DEEDS: Readonly<Record<string, Deed>> = {
  GET: { action: 'ListBearerTokens', readOnly: true, run: listed },
  POST: { action: 'CreateBearerToken', readOnly: false, run: issued },
  DELETE: { action: 'DeleteBearerToken', readOnly: false, run: revoked },
};

/** `scim-tokens?instance=ARN`, and `scim-tokens/ID`. */
export async function scimTokensPage(
  request: WireRequest,
  deps: Deps,
  _controls: unknown,
  source: Source,
): Promise<WireResponse> {
  const { action, readOnly, run } = DEEDS[request.method]!;
  const id = decodeURIComponent(request.path.slice(`${PAGES_PREFIX}scim-tokens/`.length));
  const asked = new URLSearchParams(request.query).get('instance') ?? undefined;
  const answer = await deps.store.transaction(async (tx) => {
    const ctx = await signerOf(request, deps, source, tx);
    await authorize(ctx, `sso-directory:${action}`, { resource: '*' });
    const instance = await instanceMeant(ctx, asked);
    const said = await run(ctx, instance, id);
    const { account, region, identityStore } = instance;
    record(ctx, {
      ...{ account, region, readOnly, eventSource: 'sso-directory.amazonaws.com', eventName: action },
      userIdentity: userIdentity(ctx.caller),
      requestParameters: { directoryId: identityStore, ...(id !== '' && { tokenId: id }) },
      responseElements: null,
    });
    return said;
  });
  return json(200, answer);
}

/** One that the caller's account administers; without an ARN, its own. */
async function instanceMeant(ctx: Context, arn: string | undefined): Promise<Instance> {
  const own = arn === undefined && (await ctx.store.list(instances, [ctx.account], { limit: 1, index: 'account' }));
  const found = own ? own.rows[0] : await ctx.store.get(instances, [arn?.split('/').at(-1) ?? '']);
  if (
    found &&
    (arn === undefined || arn === instanceArn(found)) &&
    (await administers(ctx.store, ctx.account, found))
  ) {
    return found;
  }
  throw new CommonError('NotFound', 'There is no such instance of IAM Identity Center that you administer.', 404);
}

const view = ({ id, created, expires }: ScimToken) => ({ id, created, expires });

async function listed(ctx: Context, { identityStore }: Instance) {
  return { tokens: (await scimTokensOf(ctx.store, identityStore)).map(view) };
}

async function issued(ctx: Context, { identityStore }: Instance) {
  const made = await issueScimToken(ctx.store, identityStore, ctx);
  if (!made) throw new CommonError('TooManyTokens', 'The directory has two tokens: revoke one of them first.');
  const endpoint = `${ctx.settings.endpoint}/scim/${tenantOf(identityStore)}/scim/v2/`;
  return { ...view(made.row), endpoint, token: made.token };
}

async function revoked(ctx: Context, { identityStore }: Instance, id: string) {
  if (!(await ctx.store.remove(scimTokens, [identityStore, id]))) {
    throw new CommonError('NotFound', 'The directory has no such token.', 404);
  }
  return { id };
}
