/**
 * Tokens that prove who the caller is to services elsewhere, which check them against the keys this plane publishes.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
 */
import {
  type GetWebIdentityTokenRequest,
  type GetWebIdentityTokenResponse,
  OutboundWebIdentityFederationDisabledException,
  SessionDurationEscalationException,
} from '@aws-sdk/client-sts';
import type { Caller, Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { chainOf, organizationPath } from '../../identity/organization.ts';
import { type OutboundAlgorithm, signingKey } from '../../identity/outboundKeys.ts';
import { standingOf } from '../../identity/policies.ts';
import { outboundFederations, outboundIssuer } from '../../identity/providers.ts';
import { requireRegionalEndpoint } from './credentials.ts';
import { sessionTags, tagMap } from './sessionTags.ts';

type Input = Present<GetWebIdentityTokenRequest>;

const SECONDS = 300;
const NAMESPACE = 'https://sts.amazonaws.com/';

export const GetWebIdentityToken: Operation<Input, GetWebIdentityTokenResponse> = {
  access: tokenAccess,
  async run(input, ctx) {
    requireRegionalEndpoint(ctx, 'GetWebIdentityToken');
    const { tags } = sessionTags(input);
    const federation = await ctx.store.get(outboundFederations, [ctx.account]);
    if (!federation?.enabled) {
      return fail(
        OutboundWebIdentityFederationDisabledException,
        'Outbound web identity federation is not enabled for this account.',
      );
    }
    const issued = Math.floor(ctx.now.getTime() / 1000);
    const expires = issued + (input.DurationSeconds ?? SECONDS);
    requireWithinSession(ctx.caller, expires);
    const algorithm = input.SigningAlgorithm as OutboundAlgorithm;
    const { id, key } = await signingKey(ctx, algorithm);
    const { SignJWT } = await import('jose');
    const token = await new SignJWT({
      iss: outboundIssuer(federation, ctx.settings),
      aud: input.Audience.length === 1 ? input.Audience[0]! : input.Audience,
      sub: subjectOf(ctx.caller),
      iat: issued,
      exp: expires,
      jti: uuid(ctx),
      [NAMESPACE]: { ...(await callerClaims(ctx)), ...(tags.length > 0 ? { request_tags: tagMap(tags) } : {}) },
    })
      .setProtectedHeader({ alg: algorithm, kid: id, typ: 'JWT' })
      .sign(key);
    return { WebIdentityToken: token, Expiration: new Date(expires * 1000) };
  },
};

function tokenAccess(input: Input): readonly Access[] {
  const common = {
    resource: '*',
    conditions: {
      'sts:IdentityTokenAudience': input.Audience,
      'sts:DurationSeconds': String(input.DurationSeconds ?? SECONDS),
      'sts:SigningAlgorithm': input.SigningAlgorithm,
      ...requestTags(input.Tags),
    },
  };
  return input.Tags?.length ? [common, { ...common, action: 'sts:TagGetWebIdentityToken' }] : [common];
}

/** A token must not outlive the credentials that it was asked for with. */
function requireWithinSession({ session }: Caller, expires: number): void {
  if (!session || expires * 1000 <= session.expires) return;
  fail(
    SessionDurationEscalationException,
    'The requested token duration would extend the session beyond its original expiration time.',
  );
}

/** Of a role session the role: the session's name says nothing that others should rely on. */
const subjectOf = ({ session, arn }: Caller) => (session?.kind === 'AssumedRole' ? session.principalArn : arn);

async function callerClaims(ctx: Context): Promise<object> {
  const { caller, account, region, store } = ctx;
  const chain = await chainOf(store, account);
  const { tags } = await standingOf(store, caller);
  const { session } = caller;
  return {
    aws_account: account,
    source_region: region,
    ...(chain ? { org_id: chain.organization.id, ou_path: organizationPath(chain) } : {}),
    ...(tags.length > 0 ? { principal_tags: tagMap(tags) } : {}),
    ...(session ? { original_session_exp: new Date(session.expires).toISOString().replace('.000Z', 'Z') } : {}),
    ...(session?.federation ? { federated_provider: session.federation.provider } : {}),
    ...(session?.sourceIdentity === undefined ? {} : { source_identity: session.sourceIdentity }),
  };
}
