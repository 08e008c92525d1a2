/**
 * The account's password policy, and whether a password satisfies it. Without one, AWS's own defaults rule
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html).
 */
import {
  type GetAccountPasswordPolicyResponse,
  NoSuchEntityException,
  PasswordPolicyViolationException,
  type UpdateAccountPasswordPolicyRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing, type Operation } from '../../core/operation.ts';
import { accounts } from '../../identity/organization.ts';
import { type PasswordPolicy, passwordPolicies } from '../../identity/passwordPolicies.ts';
import { isPassword, type LoginProfile } from '../../identity/passwords.ts';

/** What is not given goes back to its default: the operation knows no partial update. */
export const UpdateAccountPasswordPolicy: Operation<UpdateAccountPasswordPolicyRequest, object> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    await ctx.store.replace(passwordPolicies, {
      account: ctx.account,
      minimumLength: input.MinimumPasswordLength ?? 6,
      requireSymbols: input.RequireSymbols ?? false,
      requireNumbers: input.RequireNumbers ?? false,
      requireUppercase: input.RequireUppercaseCharacters ?? false,
      requireLowercase: input.RequireLowercaseCharacters ?? false,
      allowUsersToChange: input.AllowUsersToChangePassword ?? false,
      ...(input.MaxPasswordAge ? { maxAgeDays: input.MaxPasswordAge } : {}),
      ...(input.PasswordReusePrevention ? { reusePrevention: input.PasswordReusePrevention } : {}),
      ...(input.HardExpiry === undefined ? {} : { hardExpiry: input.HardExpiry }),
    });
    return {};
  },
};

export const GetAccountPasswordPolicy: Operation<object, GetAccountPasswordPolicyResponse, PasswordPolicy> = {
  load: async (_input, ctx) => (await policyOf(ctx)) ?? new Missing('*', noPolicy(ctx)),
  access: (_input, ctx, policy) => ({
    resource: '*',
    ...selfServiceGrant(ctx, policy, 'iam:GetAccountPasswordPolicy'),
  }),
  async run(_input, _ctx, policy) {
    return {
      PasswordPolicy: {
        MinimumPasswordLength: policy.minimumLength,
        RequireSymbols: policy.requireSymbols,
        RequireNumbers: policy.requireNumbers,
        RequireUppercaseCharacters: policy.requireUppercase,
        RequireLowercaseCharacters: policy.requireLowercase,
        AllowUsersToChangePassword: policy.allowUsersToChange,
        ExpirePasswords: policy.maxAgeDays !== undefined,
        MaxPasswordAge: policy.maxAgeDays,
        PasswordReusePrevention: policy.reusePrevention,
        HardExpiry: policy.hardExpiry,
      },
    };
  },
};

export const DeleteAccountPasswordPolicy: Operation<object, object> = {
  access: () => ({ resource: '*' }),
  async run(_input, ctx) {
    if (await ctx.store.remove(passwordPolicies, [ctx.account])) return {};
    return fail(NoSuchEntityException, 'The account policy with name PasswordPolicy cannot be found.');
  },
};

export const policyOf = (ctx: Context) => ctx.store.get(passwordPolicies, [ctx.account]);

/**
 * AllowUsersToChangePassword is a permission that the account gives its users, with no policy attached to them: it is
 * asked as a policy of the resource, so that an explicit deny still wins.
 */
export function selfServiceGrant(
  ctx: Context,
  policy: PasswordPolicy | undefined,
  action: string,
): Pick<Access, 'resourcePolicy'> {
  if (!policy?.allowUsersToChange || ctx.caller.type !== 'User') return {};
  const statement = { Effect: 'Allow', Principal: { AWS: ctx.caller.arn }, Action: action, Resource: '*' };
  return { resourcePolicy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) };
}

/** Raises PasswordPolicyViolation if a user of this account may not have this password. */
export async function checkPassword(ctx: Context, password: string, earlier?: LoginProfile): Promise<void> {
  const policy = await policyOf(ctx);
  const wrong = policy ? breachOf(policy, password) : await defaultBreach(ctx, password);
  if (wrong !== undefined) fail(PasswordPolicyViolationException, wrong);
  const remembered = earlier?.verifiers.slice(0, policy?.reusePrevention ?? 0) ?? [];
  for (const verifier of remembered) {
    if (!(await isPassword(ctx, verifier, password))) continue;
    const sentence = 'Policy constraint violation with password reuse prevention during password change.';
    fail(PasswordPolicyViolationException, sentence);
  }
}

const SYMBOL = /[!@#$%^&*()_+\-=[\]{}|']/;
const CLASSES = [/[A-Z]/, /[a-z]/, /[0-9]/, SYMBOL];

function breachOf(policy: PasswordPolicy, password: string): string | undefined {
  if (password.length < policy.minimumLength) return `Password should have a minimum length of ${policy.minimumLength}`;
  const required: [boolean, RegExp, string][] = [
    [policy.requireUppercase, /[A-Z]/, 'uppercase letter'],
    [policy.requireLowercase, /[a-z]/, 'lowercase letter'],
    [policy.requireNumbers, /[0-9]/, 'number'],
    [policy.requireSymbols, SYMBOL, 'symbol'],
  ];
  const missing = required.find(([isRequired, pattern]) => isRequired && !pattern.test(password));
  return missing && `Password should have at least one ${missing[2]}`;
}

/** Eight characters, three of four classes, and neither the account's name nor its e-mail address. */
async function defaultBreach(ctx: Context, password: string): Promise<string | undefined> {
  if (password.length < 8) return 'Password should have a minimum length of 8';
  const classes = CLASSES.filter((pattern) => pattern.test(password)).length;
  const account = await ctx.store.get(accounts, [ctx.account]);
  const isName = [account?.name, account?.email].some((name) => name?.toLowerCase() === password.toLowerCase());
  return classes < 3 || isName ? 'Password does not conform to the account password policy.' : undefined;
}

const noPolicy = (ctx: Context) =>
  awsError(NoSuchEntityException, `The Password Policy with domain name ${ctx.account} cannot be found.`);
