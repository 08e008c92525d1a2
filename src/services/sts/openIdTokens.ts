/**
 * Web identity tokens: whether one is genuine, and what it claims.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
 */
import type { JWTPayload } from 'jose';
import type { Context } from '../../core/context.ts';
import { isIssuerUrl, type Verification } from '../../federation/providerRequests.ts';
import { refuse } from '../../federation/refused.ts';
import { audiencesOf, claimsOf, requireText, requireTimely, verifySignature } from '../../federation/tokens.ts';
import { type OpenIdProvider, openIdProviderArn, openIdProviders } from '../../identity/providers.ts';
import { told } from './refusals.ts';

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

const invalid = (message: string): never => refuse('invalid', message);

/** The token, if a provider of this account made it for one of its registered audiences, and it has not expired. */
export const verifyOpenIdToken = (ctx: Context, account: string, text: string): Promise<OpenIdToken> =>
  told(async () => {
    const claims = claimsOf(text);
    const issuer = requireText(claims, 'iss');
    const provider = await findProvider(ctx, account, issuer);
    const subject = requireText(claims, 'sub');
    const audience = audienceOf(claims, provider);
    requireTimely(claims, ctx.now);
    const { verification } = await verifySignature(text, issuer, provider, ctx.now);
    const of = { provider: openIdProviderArn(provider), url: provider.url };
    return { ...of, issuer, subject, audience, claims, verification };
  });

async function findProvider(ctx: Context, account: string, issuer: string): Promise<OpenIdProvider> {
  const provider = isIssuerUrl(issuer)
    ? await ctx.store.get(openIdProviders, [account, issuer.replace(/^https?:\/\//, '')])
    : undefined;
  return provider ?? invalid(`No OpenIDConnect provider found in your account for ${issuer}`);
}

/** `azp` names whom the token was made for where `aud` cannot; either must be registered. */
function audienceOf(claims: JWTPayload, provider: OpenIdProvider): string {
  const audiences = audiencesOf(claims);
  const party = typeof claims.azp === 'string' ? claims.azp : undefined;
  if (audiences.length === 0) invalid('Missing a required claim: aud');
  if (party !== undefined) return provider.clientIds.includes(party) ? party : invalid('Incorrect token audience');
  return audiences.find((one) => provider.clientIds.includes(one)) ?? invalid('Incorrect token audience');
}
