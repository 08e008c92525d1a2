/**
 * Tokens of trusted issuers: who they are about, in the directory.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/using-apps-with-trusted-token-issuer.html
 */
import { decodeProtectedHeader, type JWTPayload } from 'jose';
import type { Context } from '../../core/context.ts';
import { byExpiry, forgetExpired } from '../../core/expiring.ts';
import { mayReach } from '../../core/outbound.ts';
import { Refused } from '../../federation/refused.ts';
import { audiencesOf, claimsOf, requireText, requireTimely, verifySignature } from '../../federation/tokens.ts';
import {
  type Application,
  type TrustedTokenIssuer,
  trustedTokenIssuerArn,
  trustedTokenIssuers,
} from '../../identity/applications.ts';
import { type DirectoryUser, userBy } from '../../identity/directory.ts';
import type { Instance } from '../../identity/instances.ts';
import { scimIssuer } from '../../identity/scimTokens.ts';
import { table } from '../../store/store.ts';
import { refuse } from './errors.ts';
import type { Grant } from './tokens.ts';

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

interface Used {
  readonly issuer: string;
  readonly token: string;
  /** Milliseconds */
  readonly expires: number;
}

/** Tokens with an id of their own (`jti`) work once. */
const usedTokens = table<Used>('identitycenter_used_token', {
  key: (row) => [row.issuer, row.token],
  indexes: { expires: byExpiry },
});

export async function assertedUser(
  ctx: Context,
  application: Application,
  instance: Instance,
  text: string,
): Promise<Grant & { readonly actor: string }> {
  try {
    const { issuer, claims } = await believed(ctx, application, instance, text);
    const user = await userOf(ctx, instance, issuer, claims);
    if (!user) return refuse('invalid_grant', `No user of the directory fits the claim ${issuer.claim}.`);
    await requireUnused(ctx, issuer, claims);
    const actor = trustedTokenIssuerArn(issuer);
    return { identityStore: instance.identityStore, user: user.id, scopes: [], actor };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return refuse(error.kind === 'expired' ? 'expired_token' : 'invalid_grant', error.message);
  }
}

async function believed(ctx: Context, application: Application, instance: Instance, text: string) {
  const claims = claimsOf(text);
  if (decodeProtectedHeader(text).alg !== 'RS256') refuse('invalid_grant', 'The token must be signed with RS256.');
  const url = requireText(claims, 'iss');
  const { rows } = await ctx.store.list(trustedTokenIssuers, [instance.id, url], { limit: 1, index: 'url' });
  const issuer = rows[0];
  const authorized = application.grants[JWT_BEARER]?.issuers?.find(
    ({ arn }) => issuer && arn === trustedTokenIssuerArn(issuer),
  );
  if (!issuer || !authorized) return refuse('invalid_grant', 'The issuer of the token is not trusted.');
  const audiences = audiencesOf(claims);
  if (!authorized.audiences?.some((one) => audiences.includes(one))) {
    refuse('invalid_grant', 'The token is not made out to an authorized audience.');
  }
  requireText(claims, 'sub');
  requireTimely(claims, ctx.now);
  const trust = { thumbprints: [], mayReach: (at: URL) => mayReach(ctx.settings, at) };
  await ctx.reach('the keys of a trusted token issuer', () => verifySignature(text, url, trust, ctx.now));
  return { issuer, claims };
}

/** The claim may be inside of others: `address.mail`. */
function claimAt(claims: JWTPayload, path: string): string | undefined {
  let value: unknown = Object.hasOwn(claims, path) ? claims[path] : undefined;
  if (value === undefined) {
    value = claims;
    for (const name of path.split('.')) {
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Object(value)[name] : undefined;
    }
  }
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function userOf(
  ctx: Context,
  instance: Instance,
  { claim, attribute }: TrustedTokenIssuer,
  claims: JWTPayload,
): Promise<DirectoryUser | undefined> {
  const value = claimAt(claims, claim);
  if (value === undefined) return undefined;
  const { store } = ctx;
  const at = attribute.toLowerCase();
  if (at === 'username') return userBy(store, instance.identityStore, 'name', value);
  if (at === 'emails.value') return userBy(store, instance.identityStore, 'email', value);
  return userBy(store, instance.identityStore, 'external', scimIssuer(instance), value);
}

async function requireUnused(ctx: Context, { id }: TrustedTokenIssuer, { jti, exp = 0 }: JWTPayload): Promise<void> {
  if (jti === undefined) return;
  await forgetExpired(ctx, usedTokens);
  const row = { issuer: id, token: String(jti), expires: exp * 1000 };
  if (!(await ctx.store.insert(usedTokens, row))) refuse('invalid_grant', 'The token was exchanged already.');
}
