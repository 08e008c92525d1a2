/** A token of one application becomes one of another, where a scope of the first names the second as its target. */
import type { CreateTokenWithIAMRequest } from '@aws-sdk/client-sso-oidc';
import type { Context } from '../../core/context.ts';
import type { Present } from '../../core/operation.ts';
import { type Application, applicationArn, applicationNamed } from '../../identity/applications.ts';
import { digestOf, portalSessions } from '../../identity/portalSessions.ts';
import { refuse, requireRegion } from './errors.ts';
import type { Grant } from './tokens.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const TYPES = new Set([ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:refresh_token', undefined]);

export async function exchangedToken(
  ctx: Context,
  application: Application,
  { subjectToken, subjectTokenType, requestedTokenType }: Present<CreateTokenWithIAMRequest>,
): Promise<Grant & { readonly actor: string }> {
  if (subjectToken === undefined) return refuse('invalid_request', 'subjectToken is required.');
  if (subjectTokenType !== ACCESS_TOKEN) refuse('invalid_request', `subjectTokenType must be ${ACCESS_TOKEN}.`);
  if (!TYPES.has(requestedTokenType)) refuse('invalid_request', 'requestedTokenType is not supported.');
  const session = await ctx.store.get(portalSessions, [digestOf(subjectToken)]);
  if (session?.use !== 'access') return refuse('invalid_grant', 'Invalid subject token provided');
  if (session.expires <= ctx.now.getTime()) refuse('expired_token', 'The subject token has expired');
  const giver = await applicationNamed(ctx.store, session.client);
  const target = applicationArn(application);
  const meant = giver?.scopes.some(({ name, targets }) => session.scopes.includes(name) && targets?.includes(target));
  if (!giver || giver.id === application.id || !meant) {
    return refuse('invalid_grant', 'The subject token is not meant for this application.');
  }
  // Applications that pass an identity on to each other are in one Region.
  if (giver.region !== undefined && application.region !== undefined) requireRegion(application.region, giver.region);
  const { identityStore, user, mfa, signIn, expires } = session;
  return { identityStore, user, mfa, signIn, scopes: [], ends: expires, actor: session.client };
}
