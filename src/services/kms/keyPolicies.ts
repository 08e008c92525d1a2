/**
 * Key policies: the root of trust of a key. A principal in one is bound to who it is, not to what it is called; what
 * was put is read back the same.
 */
import {
  type GetKeyPolicyRequest,
  type GetKeyPolicyResponse,
  LimitExceededException,
  type ListKeyPoliciesRequest,
  type ListKeyPoliciesResponse,
  MalformedPolicyDocumentException,
  NotFoundException,
  type PutKeyPolicyRequest,
} from '@aws-sdk/client-kms';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { chainOf, organizationPath } from '../../identity/organization.ts';
import { standingOf } from '../../identity/policies.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import { compilePolicy, contextOf, decide, type Principal, parsePolicy, validatePolicy } from '../../policy/index.ts';
import { bypass } from './conditions.ts';
import { defaultPolicy } from './defaultPolicy.ts';
import { type Key, keyArn, keys } from './keys.ts';
import { itemsPage } from './pages.ts';
import { onKey } from './resolve.ts';

/** The only name a key policy can have. */
const NAME = 'default';
const POLICY_BYTES_MAX = 32_768;

export const GetKeyPolicy = onKey<Present<GetKeyPolicyRequest>, GetKeyPolicyResponse>({
  state: 'any',
  async run(input, ctx, key) {
    requireName(input.PolicyName);
    return { Policy: await showPrincipals(ctx.store, key.policyGiven ?? key.policy), PolicyName: NAME };
  },
});

export const PutKeyPolicy = onKey<Present<PutKeyPolicyRequest>, object>({
  state: 'any',
  conditions: (input) => ({ 'kms:BypassPolicyLockoutSafetyCheck': bypass(input.BypassPolicyLockoutSafetyCheck) }),
  async run(input, ctx, key) {
    requireName(input.PolicyName);
    const accepted = await acceptedPolicy(ctx, keyArn(key), input.Policy, input.BypassPolicyLockoutSafetyCheck);
    const { policyGiven: _, ...rest } = key;
    await ctx.store.replace(keys, { ...rest, ...accepted });
    return {};
  },
});

export const ListKeyPolicies = onKey<Present<ListKeyPoliciesRequest>, ListKeyPoliciesResponse>({
  state: 'any',
  async run(input) {
    const { items, page } = itemsPage([NAME], input, 100);
    return { PolicyNames: items, ...page };
  },
});

function requireName(name: string | undefined): void {
  if (name !== undefined && name !== NAME) fail(NotFoundException, `No such policy exists`);
}

/** What is kept of a policy. */
export type KeptPolicy = Pick<Key, 'policy' | 'policyGiven'>;

/** The document to keep for a key with that ARN; without one, the default. */
export async function acceptedPolicy(
  ctx: Context,
  arn: string,
  text: string | undefined,
  bypassed: boolean | undefined,
): Promise<KeptPolicy> {
  if (text === undefined) return { policy: defaultPolicy(ctx.account) };
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) {
    fail(LimitExceededException, `The key policy is larger than ${POLICY_BYTES_MAX} bytes.`);
  }
  const effective = effectiveOf(text);
  requireNarrowConditions(effective);
  const policy = await boundTo(ctx, effective);
  if (!bypassed && !(await mayPutAgain(ctx, arn, policy))) {
    fail(
      MalformedPolicyDocumentException,
      'The new key policy will not allow you to update the key policy in the future.',
    );
  }
  return effective === text ? { policy } : { policy, policyGiven: await boundTo(ctx, text) };
}

async function boundTo({ store }: Context, text: string): Promise<string> {
  const bound = await bindPrincipals(store, text);
  if (!(bound instanceof InvalidPrincipal)) return bound;
  return fail(MalformedPolicyDocumentException, 'Policy contains a statement with one or more invalid principals.');
}

const LACKING = /^Missing required field (Action|Resource)$/;

/**
 * What of a policy has an effect. Statements without Action or Resource are taken, and have none.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
 */
function effectiveOf(text: string): string {
  const fault = validatePolicy(text, 'resource');
  if (fault === undefined) return text;
  if (!LACKING.test(fault)) fail(MalformedPolicyDocumentException, fault);
  const { Statement, ...rest } = JSON.parse(text) as { readonly Statement: object | readonly object[] };
  const whole = [Statement].flat().filter((each) => has(each, 'Action') && has(each, 'Resource'));
  const effective = JSON.stringify({ ...rest, Statement: whole });
  const other = whole.length > 0 ? validatePolicy(effective, 'resource') : undefined;
  if (other !== undefined) fail(MalformedPolicyDocumentException, other);
  return effective;
}

const has = (statement: object, element: string) => element in statement || `Not${element}` in statement;

/** https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html */
function requireNarrowConditions(text: string): void {
  const single = /^(?:kms:EncryptionContext:|aws:RequestTag\/)/i;
  for (const { conditions } of parsePolicy(text).statements) {
    for (const { operator, key } of conditions) {
      if (!/^ForAllValues:/i.test(operator) || !single.test(key)) continue;
      fail(
        MalformedPolicyDocumentException,
        'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified [encryption context or tag] or with an unspecified [encryption context or tag]. To fix, remove ForAllValues.',
      );
    }
  }
}

const EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}';

/**
 * The lockout check: under the new policy, its maker may put another. Where the policy leaves the answer to IAM, the
 * account can always give it.
 */
async function mayPutAgain(ctx: Context, arn: string, policy: string): Promise<boolean> {
  const { caller } = ctx;
  const principal: Principal =
    caller.type === 'Service'
      ? { type: 'Service', service: caller.service ?? '' }
      : { type: caller.type, arn: caller.arn };
  const resource = compilePolicy(policy, arn);
  const context = contextOf({ ...(await callerContext(ctx)), ...requestContext(ctx, arn) });
  const request = { principal, action: 'kms:PutKeyPolicy', resource: arn, context };
  const sides = { principalAccount: caller.account || null, resourceAccount: ctx.account };
  const { verdict } = decide({ ...request, ...sides }, { identity: [compilePolicy(EVERYTHING)], resource });
  return verdict === 'Allowed';
}

/** What conditions of key policies ask of whoever calls, as the next request would carry it. */
async function callerContext({ store, caller }: Context) {
  const { session, account } = caller;
  const { tags } = await standingOf(store, caller);
  const chain = account === '' ? undefined : await chainOf(store, account);
  const organization = chain && { id: chain.organization.id, paths: [organizationPath(chain)] };
  return {
    'aws:PrincipalArn': session?.kind === 'AssumedRole' ? session.principalArn : caller.arn,
    'aws:PrincipalAccount': account,
    'aws:PrincipalType': caller.type === 'Root' ? 'Account' : caller.type,
    'aws:PrincipalIsAWSService': String(caller.type === 'Service'),
    'aws:PrincipalOrgID': organization?.id,
    'aws:PrincipalOrgPaths': organization?.paths,
    'aws:MultiFactorAuthPresent': session && String(session.mfa ?? false),
    'aws:userid': caller.userId,
    'aws:username': caller.type === 'User' ? caller.userName : undefined,
    'kms:CallerAccount': account,
    ...Object.fromEntries(tags.map((tag) => [`aws:PrincipalTag/${tag.Key}`, tag.Value])),
  };
}

const requestContext = ({ account, source, now, calledVia }: Context, arn: string) => ({
  'aws:CurrentTime': now.toISOString(),
  'aws:RequestedRegion': parseArn(arn)?.region,
  'aws:ResourceAccount': account,
  'aws:SecureTransport': String(source.tls !== undefined),
  'aws:SourceIp': source.ip,
  'aws:ViaAWSService': String(calledVia !== undefined),
});
