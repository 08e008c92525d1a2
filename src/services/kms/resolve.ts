/**
 * From what a request calls a key (id, ARN, alias, alias ARN) to the key; and the one shape that operations on a key
 * have: find, ask permission under its policy and grants, then look at whether it exists and is fit for use.
 */
import {
  DryRunOperationException,
  type GrantOperation,
  InvalidArnException,
  InvalidGrantTokenException,
  InvalidKeyUsageException,
  type KeyUsageType,
  NotFoundException,
} from '@aws-sdk/client-kms';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import type { Access, KeyGrant, Operation } from '../../core/operation.ts';
import { aliasArn, aliases } from './aliasRows.ts';
import { isManagedAlias, managedKey } from './awsManaged.ts';
import { type Conditions, keyConditions } from './conditions.ts';
import { defaultPolicy } from './defaultPolicy.ts';
import { grantsFor } from './grantRows.ts';
import { grantOf } from './grantTokens.ts';
import { type Key, keyArn, keys, type Required, requireState, stateOf } from './keys.ts';

/** A key, or why there is none. */
export interface Found {
  readonly arn: string;
  readonly key?: Key;
  readonly absent?: Error;
  /** `alias/…`, if the request names the key so, or by the alias's ARN. */
  readonly requestAlias?: string;
  readonly grants?: readonly KeyGrant[] | undefined;
  /** Condition keys that take a look into the store. */
  readonly conditions?: Conditions;
}

const KEY_ID = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

export async function findKey(ctx: Context, name: string, withAliases: boolean): Promise<Found> {
  let owner = { account: ctx.account, region: ctx.region };
  let rest = name;
  if (name.startsWith('arn:')) {
    const arn = parseArn(name);
    if (arn?.service !== 'kms' || !/^(?:key|alias)\/./.test(arn.resource)) {
      return absent(ctx, name, awsError(InvalidArnException, `Invalid arn ${name}`));
    }
    if (arn.region !== ctx.region) return absent(ctx, name, notFound(`Invalid arn ${arn.region}`));
    owner = { account: arn.account, region: arn.region };
    rest = arn.resource.startsWith('key/') ? arn.resource.slice(4) : arn.resource;
  }
  if (rest.startsWith('alias/')) return withAliases ? byAlias(ctx, owner, rest) : invalidId(ctx, name);
  if (!KEY_ID.test(rest)) return invalidId(ctx, rest);
  return byId(ctx, owner, rest);
}

/** For operations that know no invalid ARNs, only keys that are not found. */
export async function findUsedKey(ctx: Context, name: string, withAliases: boolean): Promise<Found> {
  const found = await findKey(ctx, name, withAliases);
  return found.absent instanceof InvalidArnException ? { ...found, absent: notFound(found.absent.message) } : found;
}

async function byAlias(ctx: Context, owner: Owner, alias: string): Promise<Found> {
  const row = await ctx.store.get(aliases, [owner.account, owner.region, alias]);
  if (row) return { ...(await byId(ctx, owner, row.keyId)), requestAlias: alias };
  if (owner.account === ctx.account && isManagedAlias(alias)) {
    const key = await managedKey(ctx, alias);
    noteKey(ctx, key);
    return { arn: keyArn(key), key, requestAlias: alias };
  }
  return absent(ctx, aliasArn(owner, alias), notFound(`Alias ${aliasArn(owner, alias)} is not found.`));
}

type Owner = { readonly account: string; readonly region: string };

async function byId(ctx: Context, owner: Owner, id: string): Promise<Found> {
  const key = await ctx.store.get(keys, [owner.account, owner.region, id]);
  const arn = keyArn({ ...owner, id });
  if (key && stateOf(key, ctx.now) !== undefined) {
    // Also of a request that is denied; not of other accounts' keys, which a name or a blob would give away.
    if (key.account === ctx.account) noteKey(ctx, key, arn);
    return { arn, key };
  }
  return { arn, absent: notFound(`Key '${arn}' does not exist`) };
}

const notFound = (message: string) => awsError(NotFoundException, message);
const invalidId = (ctx: Context, name: string) => absent(ctx, name, notFound(`Invalid keyId '${name}'`));

const absent = (ctx: Context, name: string, error: Error): Found => ({
  arn: name.startsWith('arn:') && parseArn(name) ? name : keyArn({ ...ctx, id: name }),
  absent: error,
});

/**
 * What permission on a key hangs on. Of a key that does not exist the account's default policy is asked, so that only
 * those whom IAM lets look at keys learn that it does not exist.
 */
export function keyAccess(ctx: Context, found: Found, more?: Conditions): Access {
  const { key, arn, grants } = found;
  const account = key?.account ?? parseArn(arn)?.account ?? ctx.account;
  const conditions = { ...keyConditions(ctx, key, found.requestAlias), ...found.conditions, ...more };
  return {
    resource: arn,
    resourceAccount: account,
    resourcePolicy: key?.policy ?? defaultPolicy(account),
    resourceTags: key?.tags,
    grants,
    awsManaged: key?.manager === 'AWS',
    conditions,
  };
}

/** What the audit record says of a key that was reached. */
export function noteKey(ctx: Context, key: Key, ARN = keyArn(key)): void {
  const noted = ctx.audit.resources ?? [];
  if (noted.some((resource) => resource.ARN === ARN)) return;
  ctx.audit.resources = [...noted, { accountId: key.account, type: 'AWS::KMS::Key', ARN }];
  if (key.account !== ctx.account) ctx.audit.recipientAccountId = key.account;
}

interface Rules<In, Out> {
  /** As grants and errors call the operation. */
  readonly operation?: GrantOperation;
  /** The member that names the key; `KeyId` unless told. */
  readonly named?: (input: In) => string;
  /** Whether an alias will do. */
  readonly aliases?: true;
  readonly state: Required;
  readonly usage?: KeyUsageType;
  readonly readOnly?: boolean;
  readonly conditions?: (input: In, key: Key | undefined, ctx: Context) => Conditions;
  /** Condition keys that take a look into the store. */
  readonly looks?: (ctx: Context, key: Key) => Promise<Conditions>;
  /** Which of the caller's grants may permit this very request. */
  readonly permits?: (grant: KeyGrant, input: In) => boolean;
  readonly also?: (input: In, ctx: Context, found: Found) => readonly Access[];
  readonly run: (input: In, ctx: Context, key: Key, found: Found) => Promise<Out>;
  /** The record does not tell of an answer that says nothing. */
  readonly recordsNothing?: true;
}

/** An operation on one key. */
export function onKey<In extends object, Out>(rules: Rules<In, Out>): Operation<In, Out, Found> {
  const named = rules.named ?? ((input: In) => (input as { KeyId: string }).KeyId);
  return {
    ...(rules.readOnly !== undefined && { readOnly: rules.readOnly }),
    async load(input, ctx) {
      const find = rules.usage === undefined ? findKey : findUsedKey;
      const found = await find(ctx, named(input), rules.aliases === true);
      if (!found.key) return found;
      if (rules.looks) return { ...found, conditions: await rules.looks(ctx, found.key) };
      if (!rules.operation) return found;
      const granted = await withGrants(ctx, found, found.key, rules.operation);
      const { permits } = rules;
      return permits ? { ...granted, grants: granted.grants?.filter((grant) => permits(grant, input)) } : granted;
    },
    access: (input, ctx, found) => [
      keyAccess(ctx, found, rules.conditions?.(input, found.key, ctx)),
      ...(rules.also?.(input, ctx, found) ?? []),
    ],
    async run(input, ctx, found) {
      const key = presentKey(ctx, found);
      requireTokens(ctx, input);
      requireState(ctx, key, rules.state);
      if (rules.usage !== undefined) requireUsage(key, rules.usage, rules.operation ?? '');
      const output = await rules.run(input, ctx, key, found);
      if (isEmpty(output)) ctx.audit.responseElements = rules.recordsNothing ? null : { keyId: found.arn };
      return output;
    },
  };
}

/** Of an answer that says nothing the record names the key that was changed. */
function isEmpty(output: unknown): boolean {
  for (const _ in output as object) return false;
  return true;
}

export async function withGrants(ctx: Context, found: Found, key: Key, operation: GrantOperation): Promise<Found> {
  return { ...found, grants: await grantsFor(ctx, key, operation) };
}

/** The key that permission was given on; throws if there is none. */
export function presentKey(ctx: Context, found: Found): Key {
  if (!found.key) throw found.absent ?? new Error(`${found.arn} is neither there nor absent.`);
  if (found.key.account !== ctx.account) noteKey(ctx, found.key);
  return found.key;
}

export function requireUsage(key: Key, usage: KeyUsageType, operation: string): void {
  if (key.usage === usage) return;
  fail(InvalidKeyUsageException, `${keyArn(key)} key usage is ${key.usage} which is not valid for ${operation}.`);
}

/** A grant counts from the moment it is made, so a token adds nothing; one that is not ours is refused. */
export function requireTokens(ctx: Context, input: { readonly GrantTokens?: readonly string[] | undefined }): void {
  for (const token of input.GrantTokens ?? []) {
    if (!grantOf(ctx, token)) fail(InvalidGrantTokenException, 'The specified grant token is not valid.');
  }
}

/** To be asked last: whatever else could be wrong with the request is not. */
export function endDryRun(input: { readonly DryRun?: boolean | undefined }): void {
  if (input.DryRun) {
    fail(DryRunOperationException, 'The request would have succeeded, but the DryRun option is set.');
  }
}
