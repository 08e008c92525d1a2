/** What transforms and indexes the events of a group: the group's own settings, else a policy of its account. */
import type { Processor } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { GROUP_POLICIES_MAX, type GroupPolicy, type GroupPolicyType, groupPolicies } from './accountPolicyRows.ts';
import type { LogGroup } from './groupRows.ts';
import { fieldsIn } from './indexDocuments.ts';

type Place = Pick<LogGroup, 'account' | 'region'>;

/** Says which policy of the account holds for a group; only the Standard class has any. */
async function policiesIn({ store }: Pick<Context, 'store'>, { account, region }: Place, type: GroupPolicyType) {
  const page = { limit: GROUP_POLICIES_MAX + 1 };
  const { rows } = await store.list(groupPolicies, [account, region, type], page);
  return (group: LogGroup): GroupPolicy | undefined =>
    group.class === 'STANDARD'
      ? rows.find(({ prefixes }) => prefixes?.some((prefix) => group.name.startsWith(prefix)) ?? true)
      : undefined;
}

interface Transforming {
  /** The same object for as long as it stays the same. */
  readonly config: readonly Processor[];
  readonly ofAccount: boolean;
}

const configs = new WeakMap<GroupPolicy, readonly Processor[]>();

export async function transformerOfGroup(
  ctx: Pick<Context, 'store'>,
  group: LogGroup,
): Promise<Transforming | undefined> {
  if (group.transformer) return { config: group.transformer.config, ofAccount: false };
  const policy = (await policiesIn(ctx, group, 'TRANSFORMER_POLICY'))(group);
  if (!policy) return undefined;
  let config = configs.get(policy);
  if (!config) configs.set(policy, (config = JSON.parse(policy.document) as Processor[]));
  return { config, ofAccount: true };
}

type Fields = NonNullable<LogGroup['indexPolicy']>['fields'];

export interface Indexing {
  readonly fields: Fields;
  readonly document: string;
  readonly updated: number;
  /** Name of the account's policy, if it is one. */
  readonly policy?: string | undefined;
}

const fieldsOf = new WeakMap<GroupPolicy, Fields>();

export const indexingOf = async (ctx: Pick<Context, 'store'>, group: LogGroup): Promise<Indexing | undefined> =>
  group.indexPolicy ?? (await indexingIn(ctx, group))(group);

/** Says how each group of an account is indexed. */
export async function indexingIn(ctx: Pick<Context, 'store'>, place: Place) {
  const policyFor = await policiesIn(ctx, place, 'FIELD_INDEX_POLICY');
  return (group: LogGroup): Indexing | undefined => group.indexPolicy ?? indexingBy(policyFor(group));
}

function indexingBy(policy: GroupPolicy | undefined): Indexing | undefined {
  if (!policy) return undefined;
  let fields = fieldsOf.get(policy);
  if (!fields) fieldsOf.set(policy, (fields = fieldsIn(policy.document)));
  return { fields, document: policy.document, updated: policy.updated, policy: policy.name };
}
