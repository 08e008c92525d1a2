/**
 * An account whose policies make no sense together any more gets no updates: what was valid last stays in force until
 * every fault is mended. So each change of declarative policies, or of where an account stands, looks at the places it
 * touches before and after, keeps what was, and tells the management account.
 * https://docs.aws.amazon.com/organizations/latest/userguide/invalid-policy-alerts.html
 */
import type { EffectivePolicyType, EffectivePolicyValidationError } from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { heldPolicies, type Merge, mergeOf } from '../../identity/effectivePolicies.ts';
import {
  accounts,
  chainOf,
  type Organization,
  type OrganizationPolicyType,
  organizationPath,
  organizationPolicies,
  type Unit,
  units,
} from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import { faultsOf, mayBeFaulty } from './effectiveFaults.ts';
import { isAccountId, rowOf } from './places.ts';
import { rootOf } from './roots.ts';

/** What is about to change: policies of these types over these places, or where these accounts stand. */
interface Change {
  readonly types: readonly OrganizationPolicyType[];
  /** Ids of accounts and units. */
  readonly places: readonly string[];
}

export async function keepingValid(
  ctx: Context,
  organization: Organization,
  { types, places }: Change,
  carryOut: () => Promise<unknown>,
): Promise<void> {
  const touched: Touched[] = [];
  for (const type of types.filter(mayBeFaulty) as EffectivePolicyType[]) {
    for (const id of await placesBelow(ctx, organization, type, places)) {
      touched.push({ type, id, before: await mergeAt(ctx, organization, id, type) });
    }
  }
  await carryOut();
  for (const each of touched) await holdWhereFaulty(ctx, organization, each);
  for (const type of new Set(touched.map((each) => each.type))) await release(ctx, organization, type);
}

/** Where an account comes to stand anew, of every type that is enabled. */
export async function keepingValidAt(
  ctx: Context,
  organization: Organization,
  account: string,
  carryOut: () => Promise<unknown>,
): Promise<void> {
  const types = (await rootOf(ctx, organization))?.enabledTypes ?? [];
  await keepingValid(ctx, organization, { types, places: [account] }, carryOut);
}

/** Of an account that leaves. */
export async function forgetHeld(ctx: Context, organization: Organization, account: string): Promise<void> {
  const types = (await rootOf(ctx, organization))?.enabledTypes ?? [];
  for (const type of types) await ctx.store.remove(heldPolicies, [organization.id, type, account]);
}

interface Touched {
  readonly type: EffectivePolicyType;
  readonly id: string;
  readonly before: Merge | undefined;
}

/** Those places, the units below them, and the accounts below that have policies of their own. */
async function placesBelow(
  ctx: Context,
  organization: Organization,
  type: OrganizationPolicyType,
  places: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set(places);
  for (const id of found) {
    if (isAccountId(id)) continue;
    for await (const unit of everyRow(ctx.store, units, [organization.id, id], 'parent')) found.add(unit.id);
  }
  if (places.every(isAccountId)) return found;
  for await (const policy of everyRow(ctx.store, organizationPolicies, [organization.id, type], 'type')) {
    const attached = [organization.id, policy.id];
    for await (const { id, parent } of everyRow(ctx.store, accounts, attached, 'attached')) {
      if (parent !== undefined && found.has(parent)) found.add(id);
    }
  }
  return found;
}

async function mergeAt(
  ctx: Context,
  organization: Organization,
  id: string,
  type: OrganizationPolicyType,
): Promise<Merge | undefined> {
  const row = await rowOf(ctx, organization, id);
  if (!row) return undefined;
  const above: Unit[] = 'created' in row ? [] : [row];
  for (let parent = row.parent; parent; parent = above[0]?.parent) {
    const unit = await ctx.store.get(units, [organization.id, parent]);
    if (!unit) break;
    above.unshift(unit);
  }
  return mergeOf(ctx.store, { organization, units: above, ...('created' in row && { account: row }) }, type);
}

async function holdWhereFaulty(ctx: Context, organization: Organization, { type, id, before }: Touched) {
  const after = await mergeAt(ctx, organization, id, type);
  const faults = after ? faultsOf(type, after.merged) : [];
  if (faults.length === 0) return;
  const last = before && faultsOf(type, before.merged).length === 0 ? before : undefined;
  for await (const account of accountsAt(ctx, organization, id, type)) {
    if (await ctx.store.get(heldPolicies, [organization.id, type, account])) continue;
    await ctx.store.insert(heldPolicies, {
      organization: organization.id,
      type,
      account,
      ...(last?.content !== undefined && { content: last.content }),
      updated: last?.updated ?? ctx.now.toISOString(),
    });
    await tell(ctx, organization, { account, type, faults });
  }
}

/** The account itself; or those of a unit that have no policies of their own. */
async function* accountsAt(
  ctx: Context,
  organization: Organization,
  id: string,
  type: OrganizationPolicyType,
): AsyncGenerator<string> {
  if (isAccountId(id)) {
    yield id;
    return;
  }
  for await (const account of everyRow(ctx.store, accounts, [organization.id, id], 'parent')) {
    if (!account.attachments[type]?.length) yield account.id;
  }
}

/** Lets go of what is held for accounts whose policies make sense again. */
async function release(ctx: Context, organization: Organization, type: EffectivePolicyType): Promise<void> {
  for await (const { account } of everyRow(ctx.store, heldPolicies, [organization.id, type])) {
    const now = await mergeAt(ctx, organization, account, type);
    if (now && faultsOf(type, now.merged).length > 0) continue;
    await ctx.store.remove(heldPolicies, [organization.id, type, account]);
    await tell(ctx, organization, { account, type, faults: [] });
  }
}

interface Verdict {
  readonly account: string;
  readonly type: EffectivePolicyType;
  readonly faults: readonly EffectivePolicyValidationError[];
}

/** `EffectivePolicyValidation`, for the management account's event history. */
async function tell(ctx: Context, organization: Organization, { account, type, faults }: Verdict): Promise<void> {
  const chain = await chainOf(ctx.store, account);
  const now = ctx.now.toISOString();
  const errors = faults.map((fault) => ({
    accountPath: chain && `${organizationPath(chain)}${account}/`,
    evaluationTimestamp: now,
    errorCode: fault.ErrorCode,
    errorMessage: fault.ErrorMessage,
    pathToError: fault.PathToError,
    contributingPolicies: fault.ContributingPolicies,
  }));
  const details = {
    accountId: account,
    policyType: type,
    state: errors.length > 0 ? 'INVALID' : 'VALID',
    requestTimestamp: now,
    info: errors.length > 0 ? 'All validation errors listed' : RESOLVED,
    ...(errors.length > 0 && { validationErrors: errors }),
  };
  const event = { account: organization.management, eventName: 'EffectivePolicyValidation', details };
  ctx.audit.serviceEvents = [...(ctx.audit.serviceEvents ?? []), event];
}

const RESOLVED = 'Previous effective policy validation error(s) resolved for this account/policyType';
