/**
 * The subscription filter of an account: one for all its groups but some.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters-AccountLevel.html
 */
import { type Distribution, InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import { type AccountPolicy, accountPolicies, SUBSCRIPTION_FILTER } from '../accountPolicyRows.ts';
import type { LogGroup } from '../groupRows.ts';
import { selectionIn } from '../selectionCriteria.ts';
import type { Subscription } from './rows.ts';

export interface AccountFilter extends Subscription {
  /** Names of groups that it is not for. */
  readonly except: ReadonlySet<string>;
}

const known = new WeakMap<AccountPolicy, AccountFilter>();

/** Undefined where there is none for the group. */
export async function accountFilterOf(
  { store }: Pick<Context, 'store'>,
  { account, region, name }: LogGroup,
): Promise<AccountFilter | undefined> {
  const policy = await store.get(accountPolicies, [account, region, SUBSCRIPTION_FILTER]);
  if (!policy) return undefined;
  let filter = known.get(policy);
  if (!filter) known.set(policy, (filter = filterOf(policy)));
  return filter.except.has(name) ? undefined : filter;
}

function filterOf(policy: AccountPolicy): AccountFilter {
  const { destination, role, pattern, distribution } = filterIn(policy.document);
  return {
    name: policy.name,
    pattern,
    destination,
    role,
    distribution,
    onTransformed: false,
    created: policy.since,
    by: policy.by,
    except: excludedIn(policy.criteria),
  };
}

/** `LogGroupName NOT IN ["a", "b"]` @throws InvalidParameterException */
export function excludedIn(criteria: string | undefined): ReadonlySet<string> {
  if (criteria === undefined) return new Set();
  const { key, isNot, values } = selectionIn(criteria) ?? {};
  if (key === 'LogGroupName' && isNot && values) return new Set(values);
  fail(InvalidParameterException, 'The selection criteria are invalid. Only LogGroupName NOT IN ["…"] is supported.');
}

interface Document {
  readonly DestinationArn?: unknown;
  readonly RoleArn?: unknown;
  readonly FilterPattern?: unknown;
  readonly Distribution?: unknown;
}

const KEYS = new Set(['DestinationArn', 'RoleArn', 'FilterPattern', 'Distribution']);
const DISTRIBUTIONS = new Set<unknown>(['Random', 'ByLogStream']);

/** @throws InvalidParameterException for what is no such policy */
export function filterIn(text: string) {
  const invalid = (why: string): never =>
    fail(InvalidParameterException, `Invalid subscription filter policy: ${why}.`);
  let given: Document;
  try {
    given = JSON.parse(text) as Document;
  } catch {
    return invalid('it is no JSON');
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return invalid('it is no JSON object');
  const unknown = Object.keys(given).find((key) => !KEYS.has(key));
  if (unknown !== undefined) return invalid(`${unknown} is not supported`);
  const { DestinationArn, RoleArn, FilterPattern = '', Distribution = 'ByLogStream' } = given;
  if (typeof DestinationArn !== 'string') return invalid('DestinationArn is required');
  if (RoleArn !== undefined && typeof RoleArn !== 'string') return invalid('RoleArn is no text');
  if (typeof FilterPattern !== 'string') return invalid('FilterPattern is no text');
  if (!DISTRIBUTIONS.has(Distribution)) return invalid('Distribution is Random or ByLogStream');
  return {
    destination: DestinationArn,
    role: RoleArn,
    pattern: FilterPattern,
    distribution: Distribution as Distribution,
  };
}
