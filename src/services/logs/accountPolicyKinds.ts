/** What there is for an account's policies to say: a row for each type. */
import {
  type DryRunResult,
  InvalidParameterException,
  LimitExceededException,
  type Processor,
} from '@aws-sdk/client-cloudwatch-logs';
import { checkLimits } from '../../core/constraints.ts';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Access } from '../../core/operation.ts';
import { plainJson } from '../../protocols/json.ts';
import { inputOf, schemaFacts } from '../../protocols/schema.ts';
import {
  type AccountPolicy,
  accountPolicies,
  DATA_PROTECTION,
  GROUP_POLICIES_MAX,
  type GroupPolicy,
  type GroupPolicyType,
  groupPolicies,
  SUBSCRIPTION_FILTER,
} from './accountPolicyRows.ts';
import { dropRetention, impactOf, impactOfDeletion, keepRetention } from './accountRetention/policies.ts';
import { type RetentionPolicy, retentionPoliciesOf } from './accountRetention/rows.ts';
import { requireProtection } from './dataProtection.ts';
import { fieldsIn } from './indexDocuments.ts';
import { filterPattern } from './patterns/index.ts';
import { prefixesIn } from './selectionCriteria.ts';
import { excludedIn, filterIn } from './subscriptions/accountFilter.ts';
import { putterOf, subscribingAccess } from './subscriptions/filters.ts';
import { findDestination } from './subscriptions/routes.ts';
import { requireDeliverable } from './subscriptions/trial.ts';

const refuse = (message: string): never => fail(InvalidParameterException, message);

/** A policy as it is asked for. */
export interface Given {
  readonly name: string;
  readonly document: string;
  readonly criteria: string | undefined;
}

interface Kind {
  /** Whoever puts or deletes such a policy needs the permission to do so with a group, too. */
  readonly put: string;
  readonly remove: string;
  /** What else whoever puts it needs. */
  readonly access?: (document: string, ctx: Context) => Promise<readonly Access[]>;
  /** @throws InvalidParameterException, LimitExceededException */
  readonly keep: (given: Given, ctx: Context) => Promise<Kept>;
  /** There are never many. */
  readonly all: (ctx: Context) => Promise<readonly Kept[]>;
  /** One that is there. */
  readonly drop: (name: string, ctx: Context) => Promise<unknown>;
  /** What such a policy would come to, or its end. */
  readonly impact?: {
    readonly ofPut: (given: Given, ctx: Context) => Promise<DryRunResult>;
    readonly ofDeletion: (name: string, ctx: Context) => Promise<DryRunResult>;
  };
}

export type Kept = AccountPolicy | GroupPolicy | RetentionPolicy;

/** Where there is one of a type. */
const single = (type: AccountPolicy['type']): Pick<Kind, 'all' | 'drop'> => ({
  async all({ store, account, region }) {
    const one = await store.get(accountPolicies, [account, region, type]);
    return one ? [one] : [];
  },
  drop: (_name, { store, account, region }) => store.remove(accountPolicies, [account, region, type]),
});

const several = (type: GroupPolicyType): Pick<Kind, 'all' | 'drop'> => ({
  async all({ store, account, region }) {
    return (await store.list(groupPolicies, [account, region, type], { limit: GROUP_POLICIES_MAX + 1 })).rows;
  },
  drop: (name, { store, account, region }) => store.remove(groupPolicies, [account, region, type, name]),
});

export const kindOf = (type: string): Kind | undefined => (Object.hasOwn(KINDS, type) ? KINDS[type] : undefined);

const KINDS: Readonly<Record<string, Kind>> = {
  [DATA_PROTECTION]: {
    ...single(DATA_PROTECTION),
    put: 'logs:PutDataProtectionPolicy',
    remove: 'logs:DeleteDataProtectionPolicy',
    async keep(given, ctx) {
      if (given.criteria !== undefined) {
        refuse('Selection criteria are not supported for data protection policies.');
      }
      await requireProtection(ctx, given.document);
      return keepOne(given, ctx, DATA_PROTECTION, 'data protection');
    },
  },
  [SUBSCRIPTION_FILTER]: {
    ...single(SUBSCRIPTION_FILTER),
    put: 'logs:PutSubscriptionFilter',
    remove: 'logs:DeleteSubscriptionFilter',
    async access(document, ctx) {
      const said = understood(document);
      if (!said) return []; // It is going to be refused.
      return subscribingAccess(ctx, said.destination, said.role, await findDestination(ctx, said.destination));
    },
    keep: keepSubscriptionFilter,
  },
  TRANSFORMER_POLICY: {
    ...several('TRANSFORMER_POLICY'),
    put: 'logs:PutTransformer',
    remove: 'logs:DeleteTransformer',
    async keep(given, ctx) {
      await checkTransformer(given.document);
      return keepGroupPolicy(given, ctx, 'TRANSFORMER_POLICY');
    },
  },
  FIELD_INDEX_POLICY: {
    ...several('FIELD_INDEX_POLICY'),
    put: 'logs:PutIndexPolicy',
    remove: 'logs:DeleteIndexPolicy',
    keep(given, ctx) {
      fieldsIn(given.document);
      return keepGroupPolicy(given, ctx, 'FIELD_INDEX_POLICY');
    },
  },
  RETENTION_POLICY: {
    put: 'logs:PutRetentionPolicy',
    remove: 'logs:DeleteRetentionPolicy',
    keep: keepRetention,
    all: (ctx) => retentionPoliciesOf(ctx, ctx),
    drop: dropRetention,
    impact: { ofPut: impactOf, ofDeletion: impactOfDeletion },
  },
};

type One = AccountPolicy['type'];

async function keepOne(
  { name, document, criteria }: Given,
  ctx: Context,
  type: One,
  what: string,
  more: Pick<AccountPolicy, 'by'> = {},
): Promise<AccountPolicy> {
  const { account, region } = ctx;
  const before = await ctx.store.get(accountPolicies, [account, region, type]);
  if (before && before.name !== name) {
    fail(LimitExceededException, `Only one account-level ${what} policy is allowed.`);
  }
  const updated = ctx.now.getTime();
  const since = before?.since ?? updated;
  const policy: AccountPolicy = { account, region, type, name, document, criteria, updated, since, ...more };
  await ctx.store.replace(accountPolicies, policy);
  return policy;
}

function understood(document: string): ReturnType<typeof filterIn> | undefined {
  try {
    return filterIn(document);
  } catch {
    return undefined;
  }
}

async function keepSubscriptionFilter(given: Given, ctx: Context): Promise<AccountPolicy> {
  const { destination, role, pattern } = filterIn(given.document);
  filterPattern(pattern);
  excludedIn(given.criteria);
  const by = putterOf(ctx.caller, destination);
  const policy = await keepOne(given, ctx, SUBSCRIPTION_FILTER, 'subscription filter', by && { by });
  const { account, region } = ctx;
  const behalf = { arn: `arn:aws:logs:${region}:${account}:*`, account };
  await requireDeliverable(ctx, { destination, role, operation: 'PutAccountPolicy' }, behalf);
  return policy;
}

async function keepGroupPolicy(given: Given, ctx: Context, type: GroupPolicyType): Promise<GroupPolicy> {
  const { account, region } = ctx;
  const updated = ctx.now.getTime();
  const policy: GroupPolicy = { account, region, type, ...given, prefixes: prefixesIn(given.criteria), updated };
  const page = { limit: GROUP_POLICIES_MAX + 1 };
  const { rows } = await ctx.store.list(groupPolicies, [account, region, type], page);
  const others = rows.filter(({ name }) => name !== policy.name);
  if (others.length >= GROUP_POLICIES_MAX) {
    fail(LimitExceededException, `At most ${GROUP_POLICIES_MAX} policies of this type are allowed.`);
  }
  const overlapping = others.find((other) => overlap(other, policy));
  if (overlapping) refuse(`The selection criteria overlap with those of the policy ${overlapping.name}.`);
  await ctx.store.replace(groupPolicies, policy);
  return policy;
}

/** No two policies may be for one group. */
const overlap = (a: GroupPolicy, b: GroupPolicy): boolean =>
  !a.prefixes ||
  !b.prefixes ||
  a.prefixes.some((one) => b.prefixes!.some((other) => one.startsWith(other) || other.startsWith(one)));

/** A list of processors, which must be what PutTransformer would take. */
async function checkTransformer(document: string): Promise<void> {
  const { logs } = await import('./index.ts');
  const { transformerOf } = await import('./transformers/transformer.ts');
  let config: Processor[];
  try {
    const given = { logGroupIdentifier: 'any', transformerConfig: JSON.parse(document) };
    const input = plainJson.decode(inputOf(logs, 'PutTransformer')!)(given);
    checkLimits(logs, 'PutTransformer', input, schemaFacts(logs));
    config = (input as { transformerConfig: Processor[] }).transformerConfig;
  } catch (error) {
    return refuse(`Invalid transformer policy: ${(error as Error).message}`);
  }
  transformerOf(config);
}
