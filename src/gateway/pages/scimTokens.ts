/**
 * Tokens for SCIM: made, listed and revoked.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/provision-automatically.html
 */
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import type { Instance } from '../../identity/instances.ts';
import { issueScimToken, type ScimToken, scimTokens, scimTokensOf, tenantOf } from '../../identity/scimTokens.ts';
import { type Asked, instancePage } from './instancePages.ts';

export const scimTokensPage = instancePage('scim-tokens', {
  GET: { action: 'sso-directory:ListBearerTokens', readOnly: true, run: listed },
  POST: { action: 'sso-directory:CreateBearerToken', readOnly: false, run: issued },
  DELETE: {
    action: 'sso-directory:DeleteBearerToken',
    readOnly: false,
    recorded: ({ id }) => ({ tokenId: id }),
    run: revoked,
  },
});

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

async function revoked(ctx: Context, { identityStore }: Instance, { id }: Asked) {
  if (!(await ctx.store.remove(scimTokens, [identityStore, id]))) {
    throw new CommonError('NotFound', 'The directory has no such token.', 404);
  }
  return { id };
}
