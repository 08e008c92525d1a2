/** Policies of resources: items `{ResourceArn, Policy, ResourceAccount?}`; and which of them bears on a resource. */
import { accountOf, parseArn } from '../core/arn.ts';
import type { Transaction } from '../store/store.ts';
import { document, type Fields, fail, has, optionalText, text } from './fields.ts';
import { type ResourcePolicy, resourcePolicies } from './tables.ts';

/** Undefined policy: the resource has none (`"Policy": null`). */
export function resourcePolicyOf(fields: Fields): { readonly arn: string; readonly row: ResourcePolicy | undefined } {
  const arn = text(fields, 'ResourceArn');
  if (parseArn(arn) === undefined) fail(fields, 'ResourceArn', 'is not an ARN');
  const account = optionalText(fields, 'ResourceAccount') ?? accountOf(arn);
  if (account !== undefined && !/^\d{12}$/.test(account)) fail(fields, 'ResourceAccount', 'must be twelve digits');
  if (fields.members.Policy === undefined) return fail(fields, 'Policy', 'is missing');
  if (!has(fields, 'Policy')) return { arn, row: undefined };
  return { arn, row: { arn, ...(account !== undefined && { account }), document: document(fields, 'Policy') } };
}

/** Where the policy is that of a larger thing: an object's is its bucket's. */
const ownerOf: Readonly<Record<string, (arn: string) => string>> = {
  s3: (arn) => arn.split('/')[0]!,
  lambda: (arn) => arn.split(':').slice(0, 7).join(':'),
  dynamodb: (arn) => arn.replace(/\/index\/.*$/, ''),
};

/** Services whose resources have policies that we may not have been given. */
const WITH_POLICIES = new Set(
  'backup dynamodb ecr elasticfilesystem es events glacier glue kinesis kms lambda logs s3 secretsmanager ses sns sqs'.split(
    ' ',
  ),
);

export const mayHavePolicy = (resource: string) => WITH_POLICIES.has(resource.split(':')[2] ?? '');

export async function policyOfResource(tx: Transaction, resource: string): Promise<ResourcePolicy | undefined> {
  const owner = ownerOf[resource.split(':')[2] ?? '']?.(resource);
  return (await tx.get(resourcePolicies, [resource])) ?? (owner ? tx.get(resourcePolicies, [owner]) : undefined);
}
