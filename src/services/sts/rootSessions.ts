/**
 * Centralized root access: the management account, or the account that administers IAM for the organization, acts as
 * root of a member account, for a quarter of an hour and one kind of task.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
 */
import type { AssumeRootRequest, AssumeRootResponse } from '@aws-sdk/client-sts';
import type { Context } from '../../core/context.ts';
import { AccessDenied, ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { accounts, isDelegatedAdministrator, organizations } from '../../identity/organization.ts';
import { rootArn } from '../../identity/principals.ts';
import { issue, recorded, requestDetails, requireRegionalEndpoint } from './credentials.ts';

type Input = Present<AssumeRootRequest>;
type Feature = 'RootCredentialsManagement' | 'RootSessions';

interface Target {
  readonly account: string;
  /** What a member account's root user trusts: nobody, until its organization turns root access on. */
  readonly trust: string;
}

const SECONDS_MAX = 900;
const PREFIX = 'arn:aws:iam::aws:policy/root-task/';

/** Task policies, and the features any of which opens them. */
const tasks: Readonly<Record<string, readonly Feature[]>> = {
  [`${PREFIX}IAMAuditRootUserCredentials`]: ['RootCredentialsManagement', 'RootSessions'],
  [`${PREFIX}IAMCreateRootUserPassword`]: ['RootCredentialsManagement', 'RootSessions'],
  [`${PREFIX}IAMDeleteRootUserCredentials`]: ['RootCredentialsManagement', 'RootSessions'],
  [`${PREFIX}S3UnlockBucketPolicy`]: ['RootSessions'],
  [`${PREFIX}SQSUnlockQueuePolicy`]: ['RootSessions'],
};

export const AssumeRoot: Operation<Input, AssumeRootResponse, Target> = {
  readOnly: false,
  async load(input, ctx) {
    requireRegionalEndpoint(ctx, 'AssumeRoot');
    const account = accountOfTarget(input.TargetPrincipal);
    // Within one account an identity-based policy would do: but nobody is root of his own account this way.
    if (ctx.caller.type === 'Root' || account === ctx.account) {
      throw new AccessDenied(
        `User: ${ctx.caller.arn} is not authorized to perform: sts:AssumeRoot on resource: ${rootArn(account)}`,
      );
    }
    const features = tasks[input.TaskPolicyArn.arn ?? ''];
    if (!features) throw new ValidationFailure(`Invalid root task policy: ${input.TaskPolicyArn.arn}`);
    ctx.audit.recipientAccountId = account;
    return { account, trust: trustOf((await mayAssumeRoot(ctx, account, features)) ? [ctx.account] : []) };
  },
  access: (input, _ctx, { account, trust }) => ({
    resource: rootArn(account),
    resourceAccount: account,
    resourcePolicy: trust,
    conditions: { 'sts:TaskPolicyArn': input.TaskPolicyArn.arn },
  }),
  async run(input, ctx, { account }) {
    const sourceIdentity = ctx.caller.session?.sourceIdentity;
    const { PackedPolicySize: _, ...issued } = issue(
      ctx,
      {
        kind: 'AssumedRoot',
        account,
        name: '',
        principalId: account,
        principalArn: rootArn(account),
        taskPolicyArn: input.TaskPolicyArn.arn ?? '',
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      },
      input.DurationSeconds ?? SECONDS_MAX,
      input,
    );
    const output = { ...issued, ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }) };
    ctx.audit.responseElements = recorded(output);
    ctx.audit.additionalEventData = requestDetails(ctx);
    return output;
  },
};

/** An account id, or the ARN of its root user. */
function accountOfTarget(principal: string): string {
  const account = /^(?:arn:[\w-]+:iam::(\d{12}):root|(\d{12}))$/.exec(principal);
  const id = account?.[1] ?? account?.[2];
  if (id === undefined) throw new ValidationFailure(`${principal} is invalid`);
  return id;
}

/** Whether the caller's account has root access to that member account for a task with one of these features. */
async function mayAssumeRoot(ctx: Context, member: string, features: readonly Feature[]): Promise<boolean> {
  const row = await ctx.store.get(accounts, [member]);
  const organization = row?.organization && (await ctx.store.get(organizations, [row.organization]));
  if (!organization || organization.management === member) return false;
  if (!features.some((feature) => organization.rootFeatures?.includes(feature))) return false;
  if (organization.management === ctx.account) return true;
  return isDelegatedAdministrator(ctx.store, organization.id, ctx.account, 'iam.amazonaws.com');
}

const trustOf = (trusted: readonly string[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: trusted.map((AWS) => ({
      Effect: 'Allow',
      Principal: { AWS },
      Action: 'sts:AssumeRoot',
      Resource: '*',
    })),
  });
