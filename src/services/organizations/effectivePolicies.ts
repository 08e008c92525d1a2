/** What an account gets of a declarative policy type, and what is wrong with it. */
import {
  type DescribeEffectivePolicyRequest,
  type DescribeEffectivePolicyResponse,
  EffectivePolicyNotFoundException,
  type EffectivePolicyType,
  type EffectivePolicyValidationError,
  type ListAccountsWithInvalidEffectivePolicyRequest,
  type ListAccountsWithInvalidEffectivePolicyResponse,
  type ListEffectivePolicyValidationErrorsRequest,
  type ListEffectivePolicyValidationErrorsResponse,
  TargetNotFoundException,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import {
  type Account,
  accounts,
  chainOf,
  type OrganizationPolicy,
  organizationPath,
  organizationPolicies,
} from '../../identity/organization.ts';
import { accountViews, findAccount } from './accounts.ts';
import { faultsOf } from './effectiveFaults.ts';
import { type Inherited, type Merged, merge, plain } from './inheritance.ts';
import { itemsPage, rowsPage } from './pages.ts';
import { findPlace, isAccountId, type Place, placeAccess } from './places.ts';
import { invalid } from './refusals.ts';
import { requireEnabled, rootOf } from './roots.ts';
import { operation } from './seats.ts';

/** Every account may ask for its own; for others' one must be a reader. */
export const DescribeEffectivePolicy = operation<
  Present<DescribeEffectivePolicyRequest>,
  DescribeEffectivePolicyResponse,
  Place
>({
  who: (input, ctx) => (input.TargetId === undefined || input.TargetId === ctx.account ? 'members' : 'readers'),
  find: (input, ctx, { organization }) =>
    findPlace(
      ctx,
      organization,
      input.TargetId ?? ctx.account,
      awsError(TargetNotFoundException, "You specified a target that doesn't exist."),
    ),
  access: (input, _seat, place) => placeAccess(place, { 'organizations:PolicyType': input.PolicyType }),
  async run({ PolicyType }, ctx, { organization }, { id }) {
    if (!isAccountId(id)) invalid('TARGET_NOT_SUPPORTED');
    const enabled = (await rootOf(ctx, organization))?.enabledTypes?.includes(PolicyType);
    const effective = enabled ? await effectiveOf(ctx, id, PolicyType) : undefined;
    const content = effective && plain(effective.merged);
    if (!effective || content === undefined) return fail(EffectivePolicyNotFoundException, NOT_FOUND);
    const EffectivePolicy = {
      PolicyContent: JSON.stringify(content),
      LastUpdatedTimestamp: effective.updated,
      TargetId: id,
      PolicyType,
    };
    return { EffectivePolicy };
  },
});

export const ListEffectivePolicyValidationErrors = operation<
  Present<ListEffectivePolicyValidationErrorsRequest>,
  ListEffectivePolicyValidationErrorsResponse,
  Place
>({
  who: 'readers',
  find: (input, ctx, seat) => findAccount(ctx, seat, input.AccountId),
  access: (input, _seat, place) => placeAccess(place, { 'organizations:PolicyType': input.PolicyType }),
  async run(input, ctx, { organization }) {
    const { AccountId, PolicyType } = input;
    requireEnabled(await rootOf(ctx, organization), PolicyType);
    const found = await faultsFor(ctx, AccountId, PolicyType);
    const { items, page } = itemsPage(found, input);
    const chain = await chainOf(ctx.store, AccountId);
    return {
      AccountId,
      PolicyType,
      Path: chain && `${organizationPath(chain)}${AccountId}/`,
      EvaluationTimestamp: ctx.now,
      EffectivePolicyValidationErrors: items,
      ...page,
    };
  },
});

export const ListAccountsWithInvalidEffectivePolicy = operation<
  Present<ListAccountsWithInvalidEffectivePolicyRequest>,
  ListAccountsWithInvalidEffectivePolicyResponse
>({
  who: 'readers',
  access: (input) => ({ resource: '*', conditions: { 'organizations:PolicyType': input.PolicyType } }),
  async run(input, ctx, { organization }) {
    requireEnabled(await rootOf(ctx, organization), input.PolicyType);
    const { rows, page } = await rowsPage(ctx, accounts, [organization.id], input, { index: 'organization' });
    const faulty: Account[] = [];
    for (const row of rows) {
      if ((await faultsFor(ctx, row.id, input.PolicyType)).length > 0) faulty.push(row);
    }
    const Accounts = await accountViews(ctx, organization, faulty);
    return { Accounts, PolicyType: input.PolicyType, ...page };
  },
});

const NOT_FOUND =
  'If you ran this action on the management account, this policy type is not enabled. If you ran the action on a ' +
  "member account, the account doesn't have an effective policy of this type. Contact the administrator of your " +
  'organization about attaching a policy of this type to the account.';

interface Effective {
  readonly merged: Merged;
  /** The last change of a policy in it. */
  readonly updated: Date;
}

async function effectiveOf(ctx: Context, account: string, type: EffectivePolicyType): Promise<Effective | undefined> {
  const chain = await chainOf(ctx.store, account);
  if (!chain) return undefined;
  const levels: Inherited[][] = [];
  let updated = chain.organization.created;
  for (const { attachments } of [...chain.units, chain.account]) {
    const level: OrganizationPolicy[] = [];
    for (const id of attachments[type] ?? []) {
      const policy = await ctx.store.get(organizationPolicies, [chain.organization.id, id]);
      if (policy) level.push(policy);
    }
    levels.push(level);
    for (const policy of level) if ((policy.updated ?? '') > updated) updated = policy.updated ?? updated;
  }
  return { merged: merge(levels), updated: new Date(updated) };
}

async function faultsFor(
  ctx: Context,
  account: string,
  type: EffectivePolicyType,
): Promise<EffectivePolicyValidationError[]> {
  const effective = await effectiveOf(ctx, account, type);
  return effective ? faultsOf(type, effective.merged) : [];
}
