/**
 * Tags that a request sets are held against the tag policy of the account that owns the resource, after permission is
 * given: whoever asks `aws:RequestTag/…` of policies is asked here, so no service knows of it.
 */
import { accountOf } from '../core/arn.ts';
import type { Context } from '../core/context.ts';
import { CommonError } from '../core/errors.ts';
import type { Access, Tag } from '../core/operation.ts';
import { enforcedType, refusedTag } from '../identity/tagPolicies.ts';

/** Throws the service's refusal of a tag that does not comply. */
export async function requireCompliantTags(ctx: Context, action: string, access: Access): Promise<void> {
  const tags = tagsIn(access.conditions);
  const type = tags.length > 0 ? enforcedType(action, access.resource) : undefined;
  if (type === undefined) return;
  const account = access.resourceAccount ?? accountOf(access.resource) ?? ctx.account;
  const refused = await refusedTag(ctx.store, account || ctx.account, type, tags);
  if (refused) throw refusalBy(type.slice(0, type.indexOf(':')), refused.Key);
}

/** Whether the request names tags at all, to set them or to take them away. */
export const namesTags = ({ conditions }: Access) => conditions?.['aws:TagKeys'] !== undefined;

const REQUEST_TAG = 'aws:RequestTag/';

function tagsIn(conditions: Access['conditions']): Tag[] {
  const tags: Tag[] = [];
  for (const [key, value] of Object.entries(conditions ?? {})) {
    if (key.startsWith(REQUEST_TAG) && typeof value === 'string')
      tags.push({ Key: key.slice(REQUEST_TAG.length), Value: value });
  }
  return tags;
}

interface Wording {
  /** An error of the service's own model, with its members. */
  readonly modelled?: string;
  readonly members?: Readonly<Record<string, string>>;
  /** A code that no model lists. */
  readonly code?: string;
  readonly before?: string;
}

/**
 * By service, the error for tags that will not do. SNS's, S3's and Organizations' are documented or on record; of the
 * others the error for invalid tags or parameters is taken, as DynamoDB takes its own.
 */
const WORDINGS: Readonly<Record<string, Wording>> = {
  cloudtrail: { modelled: 'InvalidTagParameterException' },
  cloudwatch: { modelled: 'InvalidParameterValueException' },
  firehose: { modelled: 'InvalidArgumentException' },
  iam: { modelled: 'InvalidInputException' },
  kms: { modelled: 'TagException' },
  logs: { modelled: 'InvalidParameterException' },
  organizations: { modelled: 'ConstraintViolationException', members: { Reason: 'TAG_POLICY_VIOLATION' } },
  s3: { code: 'TagPolicyException' },
  sns: { modelled: 'TagPolicyException', before: 'TagPolicyException: ' },
  sqs: { code: 'InvalidParameterValue' },
};

function refusalBy(service: string, key: string): Error {
  const { modelled, members, code = 'ValidationException', before = '' } = WORDINGS[service] ?? {};
  const message = `${before}The tag policy does not allow the specified value for the following tag key: '${key}'.`;
  return modelled === undefined
    ? new CommonError(code, message)
    : Object.assign(new Error(message), { name: modelled, ...members });
}
