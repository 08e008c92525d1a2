/**
 * Data protection: what a group's policy names as sensitive is shown as asterisks, wherever events leave the group,
 * since the policy is there. Only data identifiers that are told apart by their form alone are known here, and those
 * that the policy itself defines; a policy with others is refused.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
 */
import {
  type DeleteDataProtectionPolicyRequest,
  type GetDataProtectionPolicyRequest,
  type GetDataProtectionPolicyResponse,
  InvalidParameterException,
  type PutDataProtectionPolicyRequest,
  type PutDataProtectionPolicyResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Access, Present } from '../../core/operation.ts';
import {
  type DataIdentifier,
  findingsOf,
  lookFuel,
  managedIdentifier,
  replaced,
} from '../../patterns/dataIdentifiers.ts';
import { compileRegex, TooCostly } from '../../patterns/regex/index.ts';
import { groupAccess, onGroup, requireStandard } from './access.ts';
import { accountPolicies, DATA_PROTECTION } from './accountPolicyRows.ts';
import { type AuditDestinations, destinationsProblem, openDestinations } from './audits/destinations.ts';
import { type LogGroup, logGroups } from './groupRows.ts';
import type { StoredEvent } from './reading.ts';

const CUSTOM_MAX = 10;
const REGEX_LENGTH_MAX = 200;

interface Statement {
  readonly DataIdentifier?: unknown;
  readonly Operation?: {
    readonly Audit?: { readonly FindingsDestination?: AuditDestinations };
    readonly Deidentify?: { readonly MaskConfig?: object };
  };
}

interface Policy {
  readonly Name?: unknown;
  readonly Version?: unknown;
  readonly Statement?: unknown;
  readonly Configuration?: {
    readonly CustomDataIdentifier?: readonly { readonly Name?: unknown; readonly Regex?: unknown }[];
  };
}

const invalid = (why: string): never => fail(InvalidParameterException, `Invalid data protection policy: ${why}`);

/** What a policy masks, and whither it reports what it found. */
export interface ProtectionRules {
  readonly identifiers: readonly DataIdentifier[];
  readonly destinations: AuditDestinations;
}

/** @throws InvalidParameterException for what is no policy, or is not honoured here. */
function rulesIn(document: string): ProtectionRules {
  const policy = parsed(document);
  if (policy.Version !== '2021-06-01') invalid('Version must be 2021-06-01');
  const [audit, mask, ...more] = statementsOf(policy);
  if (!audit?.Operation?.Audit?.FindingsDestination || !mask?.Operation?.Deidentify?.MaskConfig || more.length > 0) {
    return invalid('it must have an Audit statement and a Deidentify statement');
  }
  const destinations = audit.Operation.Audit.FindingsDestination;
  const problem = destinationsProblem(destinations);
  if (problem) invalid(problem);
  if (JSON.stringify(audit.DataIdentifier) !== JSON.stringify(mask.DataIdentifier)) {
    invalid('the data identifiers of both statements must be the same');
  }
  const custom = customOf(policy);
  const names = Array.isArray(mask.DataIdentifier) ? (mask.DataIdentifier as unknown[]) : [];
  if (names.length === 0) invalid('it names no data identifier');
  return { identifiers: names.map((name) => identifierOf(String(name), custom)), destinations };
}

/**
 * A policy that is to be put is one, and its findings can be delivered.
 * @throws InvalidParameterException, and what refuses the caller
 */
export async function requireProtection(ctx: Context, document: string): Promise<void> {
  await openDestinations(ctx, rulesIn(document).destinations);
}

function parsed(document: string): Policy {
  try {
    const value: unknown = JSON.parse(document);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Not JSON.
  }
  return invalid('it is not a JSON object');
}

function statementsOf({ Statement }: Policy): readonly Statement[] {
  const list = Array.isArray(Statement) ? (Statement as Statement[]) : [];
  return list.toSorted((a, b) => Number(!a?.Operation?.Audit) - Number(!b?.Operation?.Audit));
}

function customOf({ Configuration }: Policy): ReadonlyMap<string, string> {
  const list = Configuration?.CustomDataIdentifier ?? [];
  if (!Array.isArray(list) || list.length > CUSTOM_MAX) invalid('it may have 10 custom data identifiers');
  return new Map(
    list.map(({ Name, Regex }) => {
      if (typeof Name !== 'string' || typeof Regex !== 'string' || Regex.length > REGEX_LENGTH_MAX) {
        return invalid('a custom data identifier has a name and a regular expression of at most 200 characters');
      }
      return [Name, Regex] as const;
    }),
  );
}

function identifierOf(name: string, custom: ReadonlyMap<string, string>): DataIdentifier {
  const managed = managedIdentifier(name);
  if (managed) return managed;
  const source = custom.get(name) ?? invalid(`the data identifier ${name} is not supported`);
  const regex = compileRegex(source, 'query');
  return 'problem' in regex ? invalid(`the regular expression of ${name}: ${regex.problem}`) : { name, regex };
}

export const PutDataProtectionPolicy = onGroup<
  Present<PutDataProtectionPolicyRequest>,
  PutDataProtectionPolicyResponse
>({
  async run({ logGroupIdentifier, policyDocument }, ctx, group) {
    requireStandard(group, 'Data protection');
    await requireProtection(ctx, policyDocument);
    const updated = ctx.now.getTime();
    const since = group.dataProtection?.since ?? updated;
    await ctx.store.replace(logGroups, { ...group, dataProtection: { document: policyDocument, updated, since } });
    return { logGroupIdentifier, policyDocument, lastUpdatedTime: updated };
  },
});

export const GetDataProtectionPolicy = onGroup<
  Present<GetDataProtectionPolicyRequest>,
  GetDataProtectionPolicyResponse
>({
  async run({ logGroupIdentifier }, _ctx, { dataProtection }) {
    if (!dataProtection) return { logGroupIdentifier };
    return {
      logGroupIdentifier,
      policyDocument: dataProtection.document,
      lastUpdatedTime: dataProtection.updated,
    };
  },
});

export const DeleteDataProtectionPolicy = onGroup<Present<DeleteDataProtectionPolicyRequest>, object>({
  async run(_input, ctx, { dataProtection: _, ...rest }) {
    await ctx.store.replace(logGroups, rest);
    return {};
  },
});

/** Whoever wants to see what is masked needs logs:Unmask. */
export const unmaskAccess = (group: LogGroup, unmask: boolean | undefined): readonly Access[] =>
  unmask ? [{ ...groupAccess(group), action: 'logs:Unmask' }] : [];

/** A policy, and since when it is there (milliseconds). */
type Protection = Pick<NonNullable<LogGroup['dataProtection']>, 'document' | 'since'>;

const compiled = new WeakMap<Protection, ProtectionRules>();

function rulesOf(protection: Protection): ProtectionRules {
  let rules = compiled.get(protection);
  if (!rules) compiled.set(protection, (rules = rulesIn(protection.document)));
  return rules;
}

/** The group's own policy, and the account's. */
async function policiesOf({ store }: Pick<Context, 'store'>, { account, region, dataProtection }: LogGroup) {
  const common = await store.get(accountPolicies, [account, region, DATA_PROTECTION]);
  return [dataProtection, common].filter((policy) => policy !== undefined);
}

/** What is asked of events that come into a group now. */
export const protectionsOf = async (ctx: Pick<Context, 'store'>, group: LogGroup): Promise<ProtectionRules[]> =>
  (await policiesOf(ctx, group)).map(rulesOf);

export type Masker = (event: Pick<StoredEvent, 'message'> & { readonly from: { readonly ingested: number } }) => string;

export const plain: Masker = ({ message }) => message;

/** An event's message as the caller may see it. */
export async function maskerFor(
  ctx: Pick<Context, 'store'>,
  group: LogGroup,
  unmask: boolean | undefined,
): Promise<Masker> {
  if (unmask) return plain;
  const both = (await policiesOf(ctx, group)).map(maskerOf);
  const [first = plain, second] = both;
  return second === undefined ? first : (event) => second({ ...event, message: first(event) });
}

function maskerOf(dataProtection: Protection): Masker {
  const { identifiers } = rulesOf(dataProtection);
  const { since } = dataProtection;
  return ({ message, from }) => (from.ingested < since ? message : masked(message, identifiers));
}

const stars = (text: string) => '*'.repeat(text.length);

/** Of a message that takes too long to look through nothing is shown. */
function masked(message: string, identifiers: readonly DataIdentifier[]): string {
  const fuel = lookFuel();
  try {
    return identifiers.reduce((shown, each) => replaced(shown, findingsOf(each, shown, fuel), stars), message);
  } catch (error) {
    if (error instanceof TooCostly) return stars(message);
    throw error;
  }
}
