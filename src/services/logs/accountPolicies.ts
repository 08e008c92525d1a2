/**
 * Policies of an account: of data protection (one), of transformers and of field indexes (20, each for groups whose
 * names begin in some way). All other types are refused.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
 */
import {
  type AccountPolicy as AccountPolicyView,
  type DeleteAccountPolicyRequest,
  type DescribeAccountPoliciesRequest,
  type DescribeAccountPoliciesResponse,
  InvalidParameterException,
  LimitExceededException,
  type Processor,
  type PutAccountPolicyRequest,
  type PutAccountPolicyResponse,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { checkLimits } from '../../core/constraints.ts';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { plainJson } from '../../protocols/json.ts';
import { inputOf, schemaFacts } from '../../protocols/schema.ts';
import { onAccount } from './access.ts';
import {
  type AccountPolicy,
  accountPolicies,
  DATA_PROTECTION,
  GROUP_POLICIES_MAX,
  type GroupPolicy,
  type GroupPolicyType,
  groupPolicies,
} from './accountPolicyRows.ts';
import { sensitive } from './dataProtection.ts';
import { fieldsIn } from './indexDocuments.ts';

const refuse = (message: string): never => fail(InvalidParameterException, message);

interface Kind {
  /** Whoever puts or deletes such a policy needs the permission to do so with a group, too. */
  readonly put: string;
  readonly remove: string;
  /** @throws InvalidParameterException */
  readonly check: (document: string) => void | Promise<void>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  [DATA_PROTECTION]: {
    put: 'logs:PutDataProtectionPolicy',
    remove: 'logs:DeleteDataProtectionPolicy',
    check: (document) => void sensitive(document),
  },
  TRANSFORMER_POLICY: { put: 'logs:PutTransformer', remove: 'logs:DeleteTransformer', check: checkTransformer },
  FIELD_INDEX_POLICY: {
    put: 'logs:PutIndexPolicy',
    remove: 'logs:DeleteIndexPolicy',
    check: (document) => void fieldsIn(document),
  },
};

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

const also = (action: string | undefined) => (action === undefined ? [] : [{ action, resource: '*' }]);

export const PutAccountPolicy: Operation<Present<PutAccountPolicyRequest>, PutAccountPolicyResponse> = {
  access: ({ policyType }) => [{ resource: '*' }, ...also(KINDS[policyType]?.put)],
  async run(input, ctx) {
    const { policyType, policyDocument, dryRun } = input;
    const kind = KINDS[policyType] ?? refuse(`Policy type ${policyType} is not supported.`);
    if (dryRun) refuse('A dry run is valid for retention policies only.');
    await kind.check(policyDocument);
    if (policyType !== DATA_PROTECTION) return { accountPolicy: await putGroupPolicy(input, ctx) };
    return { accountPolicy: await putDataProtection(input, ctx) };
  },
};

async function putDataProtection(input: Present<PutAccountPolicyRequest>, ctx: Context): Promise<AccountPolicyView> {
  const { policyName: name, policyDocument: document } = input;
  if (input.selectionCriteria !== undefined) {
    refuse('Selection criteria are not supported for data protection policies.');
  }
  const { account, region } = ctx;
  const before = await ctx.store.get(accountPolicies, [account, region, DATA_PROTECTION]);
  if (before && before.name !== name) {
    fail(LimitExceededException, 'Only one account-level data protection policy is allowed.');
  }
  const updated = ctx.now.getTime();
  const since = before?.since ?? updated;
  const policy: AccountPolicy = { account, region, type: DATA_PROTECTION, name, document, updated, since };
  await ctx.store.replace(accountPolicies, policy);
  return view(policy);
}

async function putGroupPolicy(input: Present<PutAccountPolicyRequest>, ctx: Context): Promise<AccountPolicyView> {
  const { account, region } = ctx;
  const policy: GroupPolicy = {
    account,
    region,
    type: input.policyType as GroupPolicyType,
    name: input.policyName,
    document: input.policyDocument,
    prefixes: prefixesIn(input.selectionCriteria),
    updated: ctx.now.getTime(),
  };
  const page = { limit: GROUP_POLICIES_MAX + 1 };
  const { rows } = await ctx.store.list(groupPolicies, [account, region, policy.type], page);
  const others = rows.filter(({ name }) => name !== policy.name);
  if (others.length >= GROUP_POLICIES_MAX) {
    fail(LimitExceededException, `At most ${GROUP_POLICIES_MAX} policies of this type are allowed.`);
  }
  const overlapping = others.find((other) => overlap(other, policy));
  if (overlapping) refuse(`The selection criteria overlap with those of the policy ${overlapping.name}.`);
  await ctx.store.replace(groupPolicies, policy);
  return view(policy);
}

/** `LogGroupNamePrefix IN ["a", "b"]` */
function prefixesIn(criteria: string | undefined): string[] | undefined {
  if (criteria === undefined) return undefined;
  const [, list] = /^\s*LogGroupNamePrefix\s+IN\s*(\[.*\])\s*$/s.exec(criteria) ?? [];
  try {
    const prefixes: unknown = JSON.parse(list ?? '');
    const texts = Array.isArray(prefixes) && prefixes.every((prefix) => typeof prefix === 'string' && prefix !== '');
    if (texts && prefixes.length > 0) return prefixes as string[];
  } catch {
    // Not a list.
  }
  return refuse('The selection criteria are invalid. Only LogGroupNamePrefix IN ["…"] is supported.');
}

/** No two policies may be for one group. */
const overlap = (a: GroupPolicy, b: GroupPolicy): boolean =>
  !a.prefixes ||
  !b.prefixes ||
  a.prefixes.some((one) => b.prefixes!.some((other) => one.startsWith(other) || other.startsWith(one)));

const view = (policy: AccountPolicy | GroupPolicy): AccountPolicyView => ({
  policyName: policy.name,
  policyDocument: policy.document,
  lastUpdatedTime: policy.updated,
  policyType: policy.type,
  scope: 'ALL',
  accountId: policy.account,
  ...('prefixes' in policy &&
    policy.prefixes && { selectionCriteria: `LogGroupNamePrefix IN ${JSON.stringify(policy.prefixes)}` }),
});

/** All of a type: there are never many. */
async function policiesOf(ctx: Context, type: string): Promise<(AccountPolicy | GroupPolicy)[]> {
  const { account, region, store } = ctx;
  const one = await store.get(accountPolicies, [account, region, type]);
  const page = { limit: GROUP_POLICIES_MAX + 1 };
  const { rows } = await store.list(groupPolicies, [account, region, type], page);
  return one ? [one, ...rows] : [...rows];
}

export const DescribeAccountPolicies = onAccount<
  Present<DescribeAccountPoliciesRequest>,
  DescribeAccountPoliciesResponse
>(async ({ policyType, policyName, accountIdentifiers = [] }, ctx) => {
  if (accountIdentifiers.length > 0 && !accountIdentifiers.includes(ctx.account)) return { accountPolicies: [] };
  const policies = await policiesOf(ctx, policyType);
  return { accountPolicies: policies.filter(({ name }) => (policyName ?? name) === name).map(view) };
});

export const DeleteAccountPolicy: Operation<Present<DeleteAccountPolicyRequest>, object> = {
  access: ({ policyType }) => [{ resource: '*' }, ...also(KINDS[policyType]?.remove)],
  async run({ policyType, policyName }, ctx) {
    const policy = (await policiesOf(ctx, policyType)).find(({ name }) => name === policyName);
    if (!policy) fail(ResourceNotFoundException, 'The specified account policy does not exist.');
    const key = [ctx.account, ctx.region, policyType];
    if (policy.type === DATA_PROTECTION) await ctx.store.remove(accountPolicies, key);
    else await ctx.store.remove(groupPolicies, [...key, policyName]);
    return {};
  },
};
