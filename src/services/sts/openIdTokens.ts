/**
 * Web identity tokens: whether one is genuine, and what it claims.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
import { ExpiredTokenException, InvalidIdentityTokenException } from '@aws-sdk/client-sts';
import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from 'jose';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { type OpenIdProvider, openIdProviderArn, openIdProviders } from '../../identity/providers.ts';
import { couldNotRetrieve, type ProviderKeys, providerKeys, type Verification } from './providerKeys.ts';

export interface OpenIdToken {
  readonly provider: string;
  /** The provider's URL without its scheme: how its condition keys begin. */
  readonly url: string;
  readonly issuer: string;
  readonly subject: string;
  /** `azp` where there is one, else `aud`. */
  readonly audience: string;
  readonly claims: JWTPayload;
  readonly verification: Verification;
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
/** Clocks differ: how long before its `nbf` or `iat` a token is believed. */
const SKEW_SECONDS = 300;

const invalid = (message: string): never => fail(InvalidIdentityTokenException, message);

/** The token, if a provider of this account made it for one of its registered audiences, and it has not expired. */
export async function verifyOpenIdToken(ctx: Context, account: string, text: string): Promise<OpenIdToken> {
  const claims = claimsOf(text);
  const issuer = requireText(claims, 'iss');
  const provider = await findProvider(ctx, account, issuer);
  const subject = requireText(claims, 'sub');
  const audience = audienceOf(claims, provider);
  requireTimely(claims, ctx.now);
  const { verification } = await verifySignature(text, issuer, provider, ctx.now);
  return { provider: openIdProviderArn(provider), url: provider.url, issuer, subject, audience, claims, verification };
}

function claimsOf(text: string): JWTPayload {
  try {
    const { alg } = decodeProtectedHeader(text);
    if (alg !== undefined && ALGORITHMS.includes(alg)) return decodeJwt(text);
  } catch {}
  return invalid('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)');
}

function requireText(claims: JWTPayload, name: string): string {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : invalid(`Missing a required claim: ${name}`);
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

async function findProvider(ctx: Context, account: string, issuer: string): Promise<OpenIdProvider> {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const plain = url?.protocol === 'http:' && LOOPBACK.has(url.hostname);
  const provider =
    url?.protocol === 'https:' || plain
      ? await ctx.store.get(openIdProviders, [account, issuer.replace(/^https?:\/\//, '')])
      : undefined;
  return provider ?? invalid(`No OpenIDConnect provider found in your account for ${issuer}`);
}

/** `azp` names whom the token was made for where `aud` cannot; either must be registered. */
function audienceOf(claims: JWTPayload, provider: OpenIdProvider): string {
  const audiences = (Array.isArray(claims.aud) ? claims.aud : [claims.aud]).filter((one) => typeof one === 'string');
  const party = typeof claims.azp === 'string' ? claims.azp : undefined;
  if (audiences.length === 0) invalid('Missing a required claim: aud');
  if (party !== undefined) return provider.clientIds.includes(party) ? party : invalid('Incorrect token audience');
  return audiences.find((one) => provider.clientIds.includes(one)) ?? invalid('Incorrect token audience');
}

function requireTimely({ exp, nbf, iat }: JWTPayload, now: Date): void {
  const seconds = Math.floor(now.getTime() / 1000);
  if (typeof exp !== 'number') invalid('Missing a required claim: exp');
  else if (exp <= seconds) {
    fail(
      ExpiredTokenException,
      `Token expired: current date/time ${seconds} must be before the expiration date/time${exp}`,
    );
  }
  const begins = Math.max(typeof nbf === 'number' ? nbf : 0, typeof iat === 'number' ? iat : 0);
  if (begins > seconds + SKEW_SECONDS) {
    invalid(`Token is not yet valid: current date/time ${seconds} must be after the not before date/time ${begins}`);
  }
}

/** Keys that were kept are asked for anew once when the token was signed with none of them. */
async function verifySignature(
  text: string,
  issuer: string,
  provider: OpenIdProvider,
  now: Date,
): Promise<ProviderKeys> {
  const keys = await providerKeys(issuer, provider, now);
  if (await isSignedWith(text, keys)) return keys;
  const fresh = await providerKeys(issuer, provider, now, true);
  return fresh !== keys && (await isSignedWith(text, fresh)) ? fresh : invalidSignature();
}

const invalidSignature = (): never => {
  throw couldNotRetrieve();
};

/** False if none of the keys has the token's key id. Throws if one has, and did not sign it. */
async function isSignedWith(text: string, { keys }: ProviderKeys): Promise<boolean> {
  try {
    await compactVerify(text, createLocalJWKSet(keys), { algorithms: ALGORITHMS });
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return isSignedWithOneOf(text, error);
    if (error instanceof errors.JWSSignatureVerificationFailed) invalid('Invalid token signature');
    if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
    throw error;
  }
}

async function isSignedWithOneOf(text: string, candidates: errors.JWKSMultipleMatchingKeys): Promise<boolean> {
  for await (const key of candidates) {
    const signed = await compactVerify(text, key, { algorithms: ALGORITHMS }).then(
      () => true,
      () => false,
    );
    if (signed) return true;
  }
  return invalid('Invalid token signature');
}
