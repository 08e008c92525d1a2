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
import { effectivePolicy, mergeOf } from '../../identity/effectivePolicies.ts';
import { type Account, accounts, chainOf, organizationPath } from '../../identity/organization.ts';
import { accountViews, findAccount } from './accounts.ts';
import { faultsOf } from './effectiveFaults.ts';
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
  async run({ PolicyType }, ctx, _seat, { id }) {
    if (!isAccountId(id)) invalid('TARGET_NOT_SUPPORTED');
    const effective = await effectivePolicy(ctx.store, id, PolicyType);
    if (effective?.content === undefined) return fail(EffectivePolicyNotFoundException, NOT_FOUND);
    const EffectivePolicy = {
      PolicyContent: JSON.stringify(effective.content),
      LastUpdatedTimestamp: new Date(effective.updated),
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

async function faultsFor(
  ctx: Context,
  account: string,
  type: EffectivePolicyType,
): Promise<EffectivePolicyValidationError[]> {
  const chain = await chainOf(ctx.store, account);
  return chain ? faultsOf(type, (await mergeOf(ctx.store, chain, type)).merged) : [];
}
