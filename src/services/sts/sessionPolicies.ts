/**
 * Session policies: what a session may do at most, passed by whoever asks for it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
 */
import { MalformedPolicyDocumentException, type PolicyDescriptorType } from '@aws-sdk/client-sts';
import type { Context } from '../../core/context.ts';
import { CommonError, fail, ValidationFailure } from '../../core/errors.ts';
import { managedPolicy } from '../../identity/managedPolicies.ts';
import { byName, managedPolicies, policyArn } from '../../identity/principals.ts';
import { validatePolicy } from '../../policy/index.ts';
import { tooLarge } from './credentials.ts';

const ARNS_MAX = 10;
/** Plain text of the inline policy and the managed policies' ARNs together. */
const CHARACTERS_MAX = 2048;

export interface PolicyRequest {
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly PolicyDescriptorType[] | undefined;
}

/** The members of a session that hold its policies. `account`: whose managed policies may be passed. */
export async function sessionPolicies(ctx: Context, input: PolicyRequest, account: string) {
  const arns = (input.PolicyArns ?? []).map(({ arn }) => arn ?? '');
  if (arns.length > ARNS_MAX) {
    throw new ValidationFailure(
      `1 validation error detected: Value '[${arns.join(', ')}]' at 'policyArns' failed to satisfy constraint: ` +
        `Member must have length less than or equal to ${ARNS_MAX}`,
    );
  }
  const characters = (input.Policy ?? '').length + arns.join('').length;
  if (characters > CHARACTERS_MAX) tooLarge(Math.ceil((characters * 100) / CHARACTERS_MAX));
  const sentence = input.Policy === undefined ? undefined : validatePolicy(input.Policy, 'session');
  if (sentence !== undefined) fail(MalformedPolicyDocumentException, sentence);
  for (const arn of arns) await requirePolicy(ctx, arn, account);
  return {
    ...(input.Policy === undefined ? {} : { policies: [input.Policy] }),
    ...(arns.length > 0 ? { policyArns: arns } : {}),
  };
}

async function requirePolicy(ctx: Context, arn: string, account: string): Promise<void> {
  if (managedPolicy(arn)) return;
  const owner = /^arn:[\w-]+:iam::(\d{12}):policy\//.exec(arn)?.[1];
  const row =
    owner === account && (await ctx.store.get(managedPolicies, byName(account, arn.slice(arn.lastIndexOf('/') + 1))));
  if (!row || policyArn(row) !== arn) {
    throw new CommonError('InvalidParameterValue', `Policy ${arn} does not exist or is not attachable.`);
  }
}
