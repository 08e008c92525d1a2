/** Every identity-based policy of a user, group or role, and where it comes from: a user has its groups' too. */
import { InvalidInputException, NoSuchEntityException, type PolicySourceType } from '@aws-sdk/client-iam';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing } from '../../core/operation.ts';
import {
  byName,
  type Group,
  groupArn,
  groups,
  type PolicyHolder,
  type Role,
  roleArn,
  roles,
  type User,
  userArn,
  users,
} from '../../identity/principals.ts';
import { documentOf, lookUpPolicy } from './policies.ts';

export type Entity =
  | { readonly kind: 'user'; readonly arn: string; readonly row: User }
  | { readonly kind: 'group'; readonly arn: string; readonly row: Group }
  | { readonly kind: 'role'; readonly arn: string; readonly row: Role };

export interface PolicySource {
  /** As IAM's simulator shows it: `user_alice_inline`, or a managed policy's name. */
  readonly id: string;
  readonly type: PolicySourceType;
  readonly name: string;
  /** Managed policies only. */
  readonly arn?: string;
  /** Who has it: the entity itself, or a group of the user. */
  readonly holder?: { readonly kind: Entity['kind']; readonly name: string };
  readonly document: string;
}

/** The user, group or role of an ARN in the caller's account. */
export async function findEntity(ctx: Context, arn: string): Promise<Entity | Missing> {
  const parsed = parseArn(arn);
  const [, kind, name] = /^(user|group|role)\/(?:.+\/)?([^/]+)$/.exec(parsed?.resource ?? '') ?? [];
  if (parsed?.service !== 'iam' || kind === undefined || name === undefined) {
    fail(InvalidInputException, `Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  }
  const entity = parsed.account === ctx.account ? await entityNamed(ctx, kind, name) : undefined;
  if (entity?.arn === arn) return entity;
  const sentence = `The ${kind} with name ${name} cannot be found.`;
  return new Missing(arn, awsError(NoSuchEntityException, sentence));
}

async function entityNamed(ctx: Context, kind: string, name: string): Promise<Entity | undefined> {
  const key = byName(ctx.account, name);
  if (kind === 'user') {
    const row = await ctx.store.get(users, key);
    return row && { kind: 'user', arn: userArn(row), row };
  }
  if (kind === 'group') {
    const row = await ctx.store.get(groups, key);
    return row && { kind: 'group', arn: groupArn(row), row };
  }
  const row = await ctx.store.get(roles, key);
  return row && { kind: 'role', arn: roleArn(row), row };
}

/** Own policies first, inline before attached; then those of the groups. */
export async function policySources(ctx: Context, entity: Entity): Promise<PolicySource[]> {
  const sources = await sourcesHeld(ctx, entity.kind, entity.row);
  if (entity.kind !== 'user') return sources;
  for (const name of entity.row.groups) {
    const group = await ctx.store.get(groups, byName(ctx.account, name));
    if (group) sources.push(...(await sourcesHeld(ctx, 'group', group)));
  }
  return sources;
}

async function sourcesHeld(ctx: Context, kind: Entity['kind'], row: PolicyHolder & { readonly name: string }) {
  const holder = { kind, name: row.name };
  const sources: PolicySource[] = Object.entries(row.inline).map(([name, document]) => {
    return { id: `${kind}_${row.name}_${name}`, type: kind, name, holder, document };
  });
  for (const arn of row.attached) {
    const source = await managedSource(ctx, arn);
    if (source) sources.push({ ...source, holder });
  }
  return sources;
}

/** A managed policy's default version. */
export async function managedSource(ctx: Context, arn: string): Promise<PolicySource | undefined> {
  const policy = await lookUpPolicy(ctx, arn);
  const document = policy && documentOf(policy, policy.defaultVersion);
  if (document === undefined) return undefined;
  return { id: policy!.name, type: policy!.row ? 'user-managed' : 'aws-managed', name: policy!.name, arn, document };
}
