/**
 * Findings on their way to log groups, as vended logs: in the name of `delivery.logs.amazonaws.com`, which whoever puts
 * the policy lets into the group, as AWS does for them.
 */
import { createHash } from 'node:crypto';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { writeLogEvents } from '../../core/logWriting.ts';
import type { Again, Task } from '../../core/tasks.ts';
import { refuse } from './errors.ts';
import type { Auditing } from './tasks.ts';

/** As AWS calls it. */
const POLICY = 'AWSLogDeliveryWrite20150319';
const DELIVERY = 'delivery.logs.amazonaws.com';

interface Policies {
  readonly resourcePolicies?: readonly { readonly policyName?: string; readonly policyDocument?: string }[];
  readonly nextToken?: string;
}

interface Document {
  readonly Version: string;
  readonly Statement: readonly { readonly Resource?: unknown }[];
}

/** The groups must be there; log delivery is let in, with the caller's permission. @throws InvalidParameter */
export async function requireDestinations(ctx: Context, groups: readonly string[]): Promise<void> {
  for (const group of new Set(groups)) {
    const asked = { logGroupNamePrefix: group, limit: 1 };
    const { logGroups } = await ctx.call<{ logGroups: { logGroupName: string }[] }>('logs', 'DescribeLogGroups', asked);
    if (logGroups[0]?.logGroupName !== group) {
      refuse(`DataProtectionPolicy Reason: the log group ${group} does not exist`);
    }
    await letIn(ctx, `arn:aws:logs:${ctx.region}:${ctx.account}:log-group:${group}:log-stream:*`);
  }
}

async function letIn(ctx: Context, Resource: string): Promise<void> {
  const { resourcePolicies = [] } = await ctx.call<Policies>('logs', 'DescribeResourcePolicies', {});
  const there = resourcePolicies.find(({ policyName }) => policyName === POLICY)?.policyDocument;
  const document: Document = there ? JSON.parse(there) : { Version: '2012-10-17', Statement: [] };
  if (document.Statement.some((statement) => statement.Resource === Resource)) return;
  const statement = {
    Sid: `AWSLogDeliveryWrite${document.Statement.length + 1}`,
    Effect: 'Allow',
    Principal: { Service: DELIVERY },
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource,
    Condition: {
      StringEquals: { 'aws:SourceAccount': ctx.account },
      ArnLike: { 'aws:SourceArn': `arn:aws:logs:${ctx.region}:${ctx.account}:*` },
    },
  };
  const policyDocument = JSON.stringify({ ...document, Statement: [...document.Statement, statement] });
  await ctx.call('logs', 'PutResourcePolicy', { policyName: POLICY, policyDocument });
}

/** Writes a finding; tried again for a day where the group refuses. */
export async function writeFinding({ body }: Task<Auditing>, ctx: Context): Promise<Again> {
  const { account, region } = ctx;
  const as = servicePrincipal(DELIVERY, { arn: `arn:aws:logs:${region}:${account}:*`, account });
  const name = createHash('sha256').update(body.topic).digest('hex').slice(0, 16);
  const stream = { logGroupName: body.group, logStreamName: `${account}_sns_${name}` };
  const logEvents = [{ timestamp: body.time, message: body.message }];
  await writeLogEvents(ctx, { ...stream, logEvents }, as, region);
  return undefined;
}
