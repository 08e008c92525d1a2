// Policies attached to one type of resource: the actions, resources and condition keys that mean something there.

import { matchesPattern } from '../match.ts';
import type { Text } from './document.ts';
import { overlap } from './globs.ts';
import { arnOf } from './resources.ts';
import { isWild, prefixOf, type Run, type StatementCheck } from './run.ts';
import { trustActions } from './trust.ts';

export type ResourceType =
  | 'AWS::DynamoDB::Table'
  | 'AWS::IAM::AssumeRolePolicyDocument'
  | 'AWS::S3::AccessPoint'
  | 'AWS::S3::Bucket'
  | 'AWS::S3::MultiRegionAccessPoint'
  | 'AWS::S3ObjectLambda::AccessPoint';

interface Attachment {
  readonly prefix: string;
  /** Resource types, of the Service Authorization Reference, of which an action needs one. Empty: any action. */
  readonly types: readonly string[];
  /** The resources that the policy can name. */
  readonly resources: readonly string[];
  /** Keys that have the same value for every request on the resource, in lower case. */
  readonly irrelevantKeys: readonly string[];
}

const objects = ['object', 'accesspointobject'];

const attachments: Readonly<Record<ResourceType, Attachment>> = {
  'AWS::DynamoDB::Table': {
    prefix: 'dynamodb',
    types: ['table', 'index'],
    resources: ['arn:*:dynamodb:*:*:table/*'],
    irrelevantKeys: [],
  },
  'AWS::IAM::AssumeRolePolicyDocument': { prefix: 'sts', types: [], resources: [], irrelevantKeys: [] },
  'AWS::S3::AccessPoint': {
    prefix: 's3',
    types: ['accesspoint', 'bucket', ...objects],
    resources: ['arn:*:s3:*:*:accesspoint/*'],
    irrelevantKeys: ['s3:resourceaccount'],
  },
  'AWS::S3::Bucket': {
    prefix: 's3',
    types: ['bucket', ...objects],
    resources: ['arn:*:s3:::*'],
    irrelevantKeys: ['s3:resourceaccount'],
  },
  'AWS::S3::MultiRegionAccessPoint': {
    prefix: 's3',
    types: ['accesspoint', 'multiregionaccesspoint', 'bucket', ...objects],
    resources: ['arn:*:s3::*:accesspoint/*'],
    irrelevantKeys: ['s3:resourceaccount'],
  },
  'AWS::S3ObjectLambda::AccessPoint': {
    prefix: 's3-object-lambda',
    types: [],
    resources: ['arn:*:s3-object-lambda:*:*:accesspoint/*'],
    irrelevantKeys: [],
  },
};

export const attached: StatementCheck = (run, statement) => {
  const resourceType = run.resourceType ?? (run.kind === 'trust' ? 'AWS::IAM::AssumeRolePolicyDocument' : undefined);
  if (!resourceType) return;
  const attachment = attachments[resourceType];
  for (const action of [...statement.action, ...statement.notAction]) {
    if (isSupported(run, action, attachment)) continue;
    run.report('UNSUPPORTED_ACTION_IN_POLICY', { action: action.text, resourceType }, action);
  }
  for (const resource of [...statement.resource, ...statement.notResource]) {
    if (attachment.resources.length === 0 || mayName(run, resource, attachment)) continue;
    run.report('UNSUPPORTED_RESOURCE_ARN_IN_POLICY', { resourceType }, resource);
  }
  for (const { key, lowerKey, keyAt } of statement.conditions) {
    if (!attachment.irrelevantKeys.includes(lowerKey)) continue;
    run.report('IRRELEVANT_CONDITION_KEY_IN_POLICY', { 'condition-key': key, 'resource-type': resourceType }, keyAt);
  }
};

/** Actions that do not exist are reported as such, not here. */
function isSupported({ facts }: Run, { text }: Text, { prefix, types }: Attachment): boolean {
  const service = prefixOf(text);
  if (text === '*' || service === '') return true;
  if (isWild(service)) return matchesPattern(service, prefix);
  if (service !== prefix) return facts.serviceName(service) === undefined;
  if (isWild(text)) return true;
  const action = facts.actionFact(prefix, text.slice(prefix.length + 1));
  if (!action) return true;
  if (prefix === 'sts') return trustActions.has(text.toLowerCase());
  return types.length === 0 || action.resourceTypes.some(({ name }) => types.includes(name));
}

const comparedMax = 1024;

/** Field by field, so that a * stays in its field. */
function mayName({ spend }: Run, text: Text, { resources }: Attachment): boolean {
  const fields = arnOf(text).fields.map(({ pattern }) => pattern);
  if (fields.length < 6 || text.text.length > comparedMax) return true;
  return resources.some((each) => {
    const wanted = each.split(':');
    return !spend(text.text.length * each.length) || fields.every((field, i) => overlap(field, wanted[i] ?? ''));
  });
}
