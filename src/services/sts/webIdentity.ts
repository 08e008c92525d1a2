/** Roles for whoever brings a token of a trusted OpenID Connect provider. */
import {
  type AssumeRoleWithWebIdentityRequest,
  type AssumeRoleWithWebIdentityResponse,
  InvalidIdentityTokenException,
} from '@aws-sdk/client-sts';
import type { JWTPayload } from 'jose';
import type { Caller, Context } from '../../core/context.ts';
import { fail, notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { Role } from '../../identity/principals.ts';
import { issue, recorded, requestDetails } from './credentials.ts';
import { isWholeName } from './names.ts';
import type { OpenIdToken } from './openIdTokens.ts';
import {
  accountOfRole,
  assumed,
  assumedRoleUser,
  assumptionAccess,
  findRole,
  recordedRole,
  roleSession,
  roleSessionSeconds,
} from './roles.ts';
import { sessionPolicies } from './sessionPolicies.ts';
import { type SessionTags, sessionTags, taggedSession, tagMap } from './sessionTags.ts';
import { claimConditions, sessionClaims } from './webClaims.ts';

type Input = Present<AssumeRoleWithWebIdentityRequest>;

interface Target {
  readonly role: Role | undefined;
  readonly token: OpenIdToken;
  readonly tags: SessionTags;
  readonly sourceIdentity: string | undefined;
  readonly caller: Caller;
  /** The token itself lists this role among those it may be used for. */
  readonly authorized: boolean;
}

export const AssumeRoleWithWebIdentity: Operation<Input, AssumeRoleWithWebIdentityResponse, Target> = {
  readOnly: true,
  unsigned: true,
  async load(input, ctx) {
    if (input.ProviderId !== undefined) notImplemented(`OAuth 2.0 access tokens of ${input.ProviderId}: ProviderId`);
    const account = accountOfRole(input.RoleArn);
    const { verifyOpenIdToken } = await import('./openIdTokens.ts');
    const token = await verifyOpenIdToken(ctx, account, input.WebIdentityToken);
    // Tokens that nobody vouches for leave no record: strangers could fill the journal.
    ctx.audit.recipientAccountId = account;
    const tags = sessionTags(tagsClaimed(token.claims));
    const sourceIdentity = sourceIdentityClaimed(token.claims);
    const authorized = requireRoleClaimed(token.claims, input.RoleArn);
    const role = await findRole(ctx, input.RoleArn);
    note(ctx, token, role, tags, sourceIdentity);
    const { provider, audience, subject } = token;
    const userId = `${provider}:${audience}:${subject}`;
    const caller: Caller = { type: 'WebIdentity', account: '', arn: provider, userId, userName: subject };
    return { role, token, tags, sourceIdentity, caller, authorized };
  },
  access: (input, _ctx, target) =>
    assumptionAccess('sts:AssumeRoleWithWebIdentity', {
      ...target,
      arn: input.RoleArn,
      conditions: {
        'sts:RoleSessionName': input.RoleSessionName,
        'sts:RoleAuthorizedByIdp': String(target.authorized),
        'aws:FederatedProvider': target.token.provider,
        ...claimConditions(target.token),
      },
    }),
  async run(input, ctx, { role: found, token, tags, sourceIdentity, authorized }) {
    const role = assumed(found);
    const { Credentials, ...sizes } = issue(
      ctx,
      {
        ...roleSession(role, input.RoleSessionName),
        ...taggedSession(tags),
        ...(await sessionPolicies(ctx, input, role.account)),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
        federation: { provider: token.provider, type: 'WebIdentity', claims: sessionClaims(token) },
      },
      roleSessionSeconds(role, input.DurationSeconds, false),
      input,
    );
    const output = {
      Credentials,
      SubjectFromWebIdentityToken: token.subject,
      AssumedRoleUser: assumedRoleUser(role, input.RoleSessionName),
      Provider: token.provider,
      Audience: token.audience,
      ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      ...sizes,
    };
    ctx.audit.responseElements = recorded(output);
    ctx.audit.additionalEventData = {
      ...requestDetails(ctx),
      ...(authorized ? { RoleAuthorizedByIdp: true } : {}),
      identityProviderConnectionVerificationMethod: token.verification,
    };
    return output;
  },
};

function note(
  ctx: Context,
  { provider, audience, subject }: OpenIdToken,
  role: Role | undefined,
  { tags, transitive }: SessionTags,
  sourceIdentity: string | undefined,
): void {
  ctx.audit.userIdentity = {
    type: 'WebIdentityUser',
    principalId: `${provider}:${audience}:${subject}`,
    userName: subject,
    identityProvider: provider,
  };
  ctx.audit.requestParameters = {
    webIdentityToken: undefined,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(tags.length > 0 ? { principalTags: tagMap(tags) } : {}),
    ...(transitive.length > 0 ? { transitiveTagKeys: transitive } : {}),
  };
  if (role) ctx.audit.resources = [recordedRole(role)];
}

const CLAIMS = 'https://aws.amazon.com/';
const PRINCIPAL_TAG = `${CLAIMS}tags/principal_tags/`;

/** Session tags, in the nested form of the claim or the flat one. */
function tagsClaimed(claims: JWTPayload) {
  const nested = record(claims[`${CLAIMS}tags`]);
  const flat = Object.entries(claims).filter(([name]) => name.startsWith(PRINCIPAL_TAG));
  const pairs = [
    ...Object.entries(record(nested.principal_tags)),
    ...flat.map(([name, value]) => [name.slice(PRINCIPAL_TAG.length), value] as const),
  ];
  const keys = nested.transitive_tag_keys ?? claims[`${CLAIMS}tags/transitive_tag_keys`] ?? [];
  return {
    Tags: pairs.map(([Key, value]) => ({ Key, Value: single(value) })),
    TransitiveTagKeys: (Array.isArray(keys) ? keys : [keys]).map(single),
  };
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** One string, or a list of just one. */
function single(value: unknown): string {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof one === 'string') return one;
  return fail(InvalidIdentityTokenException, 'Session tags in the identity token must have a single string value.');
}

function sourceIdentityClaimed(claims: JWTPayload): string | undefined {
  const value = claims[`${CLAIMS}source_identity`];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && isWholeName(value) && !value.toLowerCase().startsWith('aws:')) return value;
  return fail(
    InvalidIdentityTokenException,
    'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
  );
}

/** A token may say which roles it is for; then it is good for no other. True if it names this one. */
function requireRoleClaimed(claims: JWTPayload, role: string): boolean {
  const listed = claims[`${CLAIMS}roles`];
  if (listed === undefined) return false;
  if ((Array.isArray(listed) ? listed : [listed]).includes(role)) return true;
  return fail(
    InvalidIdentityTokenException,
    'The target role ARN is not present in the roles claim of the identity token',
  );
}
