/** Roles for whoever brings an assertion of a trusted SAML identity provider. */
import {
  type AssumeRoleWithSAMLRequest,
  type AssumeRoleWithSAMLResponse,
  InvalidIdentityTokenException,
} from '@aws-sdk/client-sts';
import type { Caller, Context } from '../../core/context.ts';
import { AccessDenied, fail, ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { Role } from '../../identity/principals.ts';
import { type SamlProvider, samlProviderArn, samlProviders } from '../../identity/providers.ts';
import { issue, recorded, requestDetails } from './credentials.ts';
import { isWholeName } from './names.ts';
import {
  accountOfRole,
  assumed,
  assumedRoleUser,
  assumptionAccess,
  findRole,
  HOUR_SECONDS,
  recordedRole,
  roleSession,
  roleSessionSeconds,
} from './roles.ts';

import { samlConditions, samlSessionClaims } from './samlClaims.ts';
import type { Assertion } from './samlTrust.ts';
import { sessionPolicies } from './sessionPolicies.ts';
import { type SessionTags, sessionTags, taggedSession, tagMap } from './sessionTags.ts';

type Input = Present<AssumeRoleWithSAMLRequest>;

interface Target {
  readonly role: Role | undefined;
  readonly provider: SamlProvider;
  readonly assertion: Assertion;
  readonly sessionName: string;
  readonly tags: SessionTags;
  readonly sourceIdentity: string | undefined;
  readonly caller: Caller;
}

export const AssumeRoleWithSAML: Operation<Input, AssumeRoleWithSAMLResponse, Target> = {
  readOnly: true,
  unsigned: true,
  async load(input, ctx) {
    const account = accountOfRole(input.RoleArn);
    const provider = await findProvider(ctx, input.PrincipalArn);
    const { assertionOf } = await import('./samlTrust.ts');
    const assertion = await assertionOf(ctx, provider, input.SAMLAssertion);
    // Assertions that nobody vouches for leave no record: strangers could fill the journal.
    ctx.audit.recipientAccountId = provider.account;
    requireRole(assertion, input, provider, account);
    const sessionName = requireSessionName(assertion);
    const tags = sessionTags(tagsAsserted(assertion));
    const sourceIdentity = sourceIdentityAsserted(assertion);
    const role = await findRole(ctx, input.RoleArn);
    const target = { role, provider, assertion, sessionName, tags, sourceIdentity };
    note(ctx, target);
    return { ...target, caller: callerOf(input, assertion) };
  },
  access: (input, _ctx, target) =>
    assumptionAccess('sts:AssumeRoleWithSAML', {
      ...target,
      arn: input.RoleArn,
      conditions: {
        'sts:RoleSessionName': target.sessionName,
        'aws:FederatedProvider': samlProviderArn(target.provider),
        ...samlConditions(target.assertion, target.provider),
      },
    }),
  async run(input, ctx, { role: found, provider, assertion, sessionName, tags, sourceIdentity }) {
    const role = assumed(found);
    const { Credentials, ...sizes } = issue(
      ctx,
      {
        ...roleSession(role, sessionName),
        ...taggedSession(tags),
        ...(await sessionPolicies(ctx, input, role.account)),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
        federation: { provider: samlProviderArn(provider), type: 'SAML', claims: samlSessionClaims(assertion) },
      },
      secondsOf(input, role, assertion),
      input,
      assertion.sessionEnd,
    );
    const output = {
      Credentials,
      AssumedRoleUser: assumedRoleUser(role, sessionName),
      Subject: assertion.subject,
      SubjectType: assertion.subjectType,
      Issuer: assertion.issuer,
      Audience: assertion.recipient,
      NameQualifier: assertion.nameQualifier,
      ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      ...sizes,
    };
    ctx.audit.responseElements = recorded(output);
    ctx.audit.additionalEventData = requestDetails(ctx);
    return output;
  },
};

async function findProvider(ctx: Context, arn: string): Promise<SamlProvider> {
  const [, account, name] = /^arn:[\w-]+:iam::(\d{12}):saml-provider\/(.+)$/.exec(arn) ?? [];
  if (account === undefined || name === undefined) throw new ValidationFailure(`${arn} is invalid`);
  const provider = await ctx.store.get(samlProviders, [account, name]);
  return provider ?? fail(InvalidIdentityTokenException, "Specified provider doesn't exist");
}

const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes/';
const PRINCIPAL_TAG = `${ATTRIBUTES}PrincipalTag:`;
const attribute = (assertion: Assertion, name: string) => assertion.attributes.get(`${ATTRIBUTES}${name}`) ?? [];
const notAuthorized = () => new AccessDenied('Not authorized to perform sts:AssumeRoleWithSAML');

/** The assertion must pair this role with this provider, in either order, and name its subject. */
function requireRole(assertion: Assertion, input: Input, provider: SamlProvider, account: string): void {
  const pairs = attribute(assertion, 'Role').map((pair) => pair.split(',').map((arn) => arn.trim()));
  const paired = pairs.some(
    (pair) => pair.length === 2 && pair.includes(input.RoleArn) && pair.includes(input.PrincipalArn),
  );
  if (!paired || provider.account !== account || assertion.subject === undefined) throw notAuthorized();
}

function requireSessionName(assertion: Assertion): string {
  const [name] = attribute(assertion, 'RoleSessionName');
  if (!name) fail(InvalidIdentityTokenException, 'RoleSessionName is required in AuthnResponse');
  if (isWholeName(name)) return name;
  return fail(InvalidIdentityTokenException, 'RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}');
}

function sourceIdentityAsserted(assertion: Assertion): string | undefined {
  const [value] = attribute(assertion, 'SourceIdentity');
  if (value === undefined) return undefined;
  if (isWholeName(value) && !value.toLowerCase().startsWith('aws:')) return value;
  return fail(
    InvalidIdentityTokenException,
    'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
  );
}

function tagsAsserted(assertion: Assertion) {
  const tags = [...assertion.attributes].filter(([name]) => name.startsWith(PRINCIPAL_TAG));
  if (tags.some(([, values]) => values.length !== 1)) {
    fail(InvalidIdentityTokenException, 'Session tags in the SAML assertion must have a single value.');
  }
  return {
    Tags: tags.map(([name, [Value]]) => ({ Key: name.slice(PRINCIPAL_TAG.length), Value })),
    TransitiveTagKeys: attribute(assertion, 'TransitiveTagKeys'),
  };
}

/** The assertion's SessionDuration can make the session shorter, never longer. */
function secondsOf(input: Input, role: Role, assertion: Assertion): number {
  const asked = roleSessionSeconds(role, input.DurationSeconds, false);
  const [text] = attribute(assertion, 'SessionDuration');
  if (text === undefined) return asked;
  const seconds = /^\d{3,5}$/.test(text.trim()) ? Number(text) : 0;
  if (seconds < 900 || seconds > 12 * HOUR_SECONDS) {
    fail(InvalidIdentityTokenException, 'SessionDuration in AuthnResponse must be between 900 and 43200');
  }
  return Math.min(asked, seconds);
}

const callerOf = ({ PrincipalArn }: Input, { nameQualifier, subject = '' }: Assertion): Caller => ({
  type: 'SAML',
  account: '',
  arn: PrincipalArn,
  userId: `${nameQualifier}:${subject}`,
  userName: subject,
});

function note(ctx: Context, { role, provider, assertion, sessionName, tags, sourceIdentity }: Omit<Target, 'caller'>) {
  const { subject, nameQualifier, id } = assertion;
  ctx.audit.userIdentity = {
    type: 'SAMLUser',
    principalId: `${nameQualifier}:${subject}`,
    userName: subject,
    identityProvider: nameQualifier,
  };
  ctx.audit.requestParameters = {
    sAMLAssertion: undefined,
    sAMLAssertionID: id,
    roleSessionName: sessionName,
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(tags.tags.length > 0 ? { principalTags: tagMap(tags.tags) } : {}),
    ...(tags.transitive.length > 0 ? { transitiveTagKeys: tags.transitive } : {}),
  };
  const recordedProvider = {
    ARN: samlProviderArn(provider),
    accountId: provider.account,
    type: 'AWS::IAM::SAMLProvider',
  };
  ctx.audit.resources = [...(role ? [recordedRole(role)] : []), recordedProvider];
}
