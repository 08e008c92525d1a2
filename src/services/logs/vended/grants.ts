/**
 * What lets log delivery write where a delivery leads. As in AWS it is added with the caller's own permission, if the
 * caller has it; if not, somebody else must have written the policy.
 */
import { parseArn } from '../../../core/arn.ts';
import type { Context } from '../../../core/context.ts';
import { ensureLinkedRole } from '../../../identity/linkedRoles.ts';
import type { DeliveryDestination } from '../deliveryDestinations.ts';

export const LOG_DELIVERY = 'delivery.logs.amazonaws.com';
export const ROLE = 'AWSServiceRoleForLogDelivery';
/** As AWS calls the policy of log groups, and the first statement of buckets. */
const POLICY = 'AWSLogDeliveryWrite20150319';

export async function letIn(ctx: Context, destination: DeliveryDestination): Promise<void> {
  if (destination.account !== ctx.account) return;
  try {
    await letInto(ctx, destination.type, destination.resource ?? '', 'delivery-source:*');
  } catch (error) {
    if (!/^(AccessDenied|AccessDeniedException|ResourceNotFoundException|NoSuchBucket)$/.test((error as Error).name)) {
      throw error;
    }
  }
}

/** `source`: what it delivers for, of the account. @throws what refuses the caller */
export async function letInto(
  ctx: Context,
  type: DeliveryDestination['type'],
  arn: string,
  source: string,
): Promise<void> {
  await WAYS[type]?.(ctx, arn, source);
}

type Way = (ctx: Context, arn: string, source: string) => Promise<void>;

const WAYS: Readonly<Partial<Record<DeliveryDestination['type'], Way>>> = {
  CWL: intoGroups,
  S3: intoBucket,
  FH: intoStream,
};

interface Document {
  readonly Version: string;
  readonly Statement: readonly { readonly Resource?: unknown; readonly Principal?: { readonly Service?: unknown } }[];
}

/** The document with a statement for log delivery; undefined where it has one of these resources. */
function allowing(ctx: Context, text: string | undefined, statement: object & { Resource: string }, source: string) {
  const document: Document = text ? JSON.parse(text) : { Version: '2012-10-17', Statement: [] };
  if (document.Statement.some(({ Resource }) => [Resource].flat().includes(statement.Resource))) return undefined;
  const added = {
    Sid: `AWSLogDeliveryWrite${document.Statement.length + 1}`,
    Effect: 'Allow',
    Principal: { Service: LOG_DELIVERY },
    ...statement,
    Condition: {
      ...('Condition' in statement ? (statement.Condition as object) : {}),
      ArnLike: { 'aws:SourceArn': `arn:aws:logs:${ctx.region}:${ctx.account}:${source}` },
    },
  };
  return JSON.stringify({ ...document, Statement: [...document.Statement, added] });
}

interface Policies {
  readonly resourcePolicies?: readonly { readonly policyName?: string; readonly policyDocument?: string }[];
}

async function intoGroups(ctx: Context, arn: string): Promise<void> {
  const { resourcePolicies = [] } = await ctx.call<Policies>('logs', 'DescribeResourcePolicies', {});
  const before = resourcePolicies.find(({ policyName }) => policyName === POLICY)?.policyDocument;
  const statement = {
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: `${arn.replace(/:\*$/, '')}:log-stream:*`,
    Condition: { StringEquals: { 'aws:SourceAccount': ctx.account } },
  };
  const policyDocument = allowing(ctx, before, statement, '*');
  if (policyDocument) await ctx.call('logs', 'PutResourcePolicy', { policyName: POLICY, policyDocument });
}

async function intoBucket(ctx: Context, arn: string, source: string): Promise<void> {
  const [Bucket = '', ...prefix] = (parseArn(arn)?.resource ?? '').split('/');
  const folder = [...prefix.filter(Boolean), 'AWSLogs', ctx.account].join('/');
  const before = await ctx.call<{ Policy?: string }>('s3', 'GetBucketPolicy', { Bucket }).catch((error: Error) => {
    if (error.name !== 'NoSuchBucketPolicy') throw error;
    return {} as { Policy?: string };
  });
  const acl = { 's3:x-amz-acl': 'bucket-owner-full-control', 'aws:SourceAccount': ctx.account };
  const Resource = `arn:aws:s3:::${Bucket}/${folder}/*`;
  const statement = { Action: 's3:PutObject', Resource, Condition: { StringEquals: acl } };
  const Policy = allowing(ctx, before.Policy, statement, source);
  if (Policy) await ctx.call('s3', 'PutBucketPolicy', { Bucket, Policy });
}

/** Delivery streams have no policies: the service-linked role may write to those with a tag. */
async function intoStream(ctx: Context, arn: string): Promise<void> {
  await ensureLinkedRole(ctx, LOG_DELIVERY, ROLE);
  const DeliveryStreamName = (parseArn(arn)?.resource ?? '').replace(/^deliverystream\//, '');
  const Tags = [{ Key: 'LogDeliveryEnabled', Value: 'true' }];
  await ctx.call('firehose', 'TagDeliveryStream', { DeliveryStreamName, Tags });
}
