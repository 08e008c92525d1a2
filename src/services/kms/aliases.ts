/** Aliases: names of keys within an account and Region. The key's row lists its aliases too, for condition keys. */
import {
  type AliasListEntry,
  AlreadyExistsException,
  type CreateAliasRequest,
  type DeleteAliasRequest,
  InvalidAliasNameException,
  LimitExceededException,
  type ListAliasesRequest,
  type ListAliasesResponse,
  NotFoundException,
  type UpdateAliasRequest,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { awsError, fail, ValidationFailure } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { type Alias, aliasArn, aliases } from './aliasRows.ts';
import { callerConditions } from './conditions.ts';
import { type Key, keyArn, keys, requireState } from './keys.ts';
import { rowsPage } from './pages.ts';
import { forgetDeletedKeys } from './reaper.ts';
import { type Found, findKey, findUsedKey, keyAccess } from './resolve.ts';

const RESERVED = 'alias/aws/';

interface Target {
  readonly alias: Alias | undefined;
  readonly name: string;
  readonly found: readonly Found[];
}

/** The record names the key, and the alias beside it. */
function noteAlias(ctx: Context, name: string, key: Key): void {
  const ARN = aliasArn(ctx, name);
  ctx.audit.resources = [...(ctx.audit.resources ?? []), { accountId: key.account, type: 'AWS::KMS::Key', ARN }];
  ctx.audit.responseElements = { keyId: keyArn(key) };
}

export const CreateAlias: Operation<Present<CreateAliasRequest>, object, Target> = {
  load: async (input, ctx) => target(ctx, input.AliasName, [input.TargetKeyId]),
  access: (_input, ctx, there) => accesses(ctx, there),
  async run(_input, ctx, { alias, name, found }) {
    requireOwnName(name);
    const key = ownKey(ctx, found[0]!);
    requireState(ctx, key, 'kept');
    if (alias) fail(AlreadyExistsException, `An alias with the name ${aliasArn(ctx, name)} already exists`);
    requireRoom(ctx, key);
    const now = ctx.now.toISOString();
    const { account, region } = key;
    await ctx.store.insert(aliases, { account, region, name, keyId: key.id, created: now, updated: now });
    await ctx.store.replace(keys, { ...key, aliases: [...key.aliases, name] });
    noteAlias(ctx, name, key);
    return {};
  },
};

export const UpdateAlias: Operation<Present<UpdateAliasRequest>, object, Target> = {
  load: async (input, ctx) => target(ctx, input.AliasName, [undefined, input.TargetKeyId]),
  access: (_input, ctx, there) => accesses(ctx, there),
  async run(_input, ctx, { alias, name, found }) {
    requireOwnName(name);
    if (!alias) throw noSuchAlias(ctx, name);
    const key = ownKey(ctx, found.at(-1)!);
    const before = found[0]?.key;
    requireState(ctx, key, 'kept');
    if (before && before.id !== key.id) {
      requireSameKind(before, key);
      requireRoom(ctx, key);
      await ctx.store.replace(keys, { ...before, aliases: before.aliases.filter((other) => other !== name) });
      await ctx.store.replace(keys, { ...key, aliases: [...key.aliases, name] });
    }
    await ctx.store.replace(aliases, { ...alias, keyId: key.id, updated: ctx.now.toISOString() });
    noteAlias(ctx, name, key);
    return {};
  },
};

export const DeleteAlias: Operation<Present<DeleteAliasRequest>, object, Target> = {
  load: async (input, ctx) => target(ctx, input.AliasName, [undefined]),
  access: (_input, ctx, there) => accesses(ctx, there),
  async run(_input, ctx, { alias, name, found }) {
    requireOwnName(name);
    if (!alias) throw noSuchAlias(ctx, name);
    const key = found[0]?.key;
    if (key) {
      await ctx.store.replace(keys, { ...key, aliases: key.aliases.filter((other) => other !== name) });
      noteAlias(ctx, name, key);
    }
    await ctx.store.remove(aliases, [alias.account, alias.region, name]);
    return {};
  },
};

export const ListAliases: Operation<Present<ListAliasesRequest>, ListAliasesResponse, Found | undefined> = {
  load: async (input, ctx) => (input.KeyId === undefined ? undefined : findKey(ctx, input.KeyId, false)),
  access: () => ({ resource: '*' }),
  async run(input, ctx, found) {
    await forgetDeletedKeys(ctx);
    const of = found && ownKey(ctx, found);
    const { rows, page } = of
      ? await rowsPage(ctx, aliases, [of.account, of.region, of.id], input, { standard: 50, index: 'key' })
      : await rowsPage(ctx, aliases, [ctx.account, ctx.region], input, { standard: 50 });
    return { Aliases: rows.map(aliasView), ...page };
  },
};

/** The alias, and the keys that the change touches: `undefined` stands for the alias's own key. */
async function target(ctx: Context, name: string, names: readonly (string | undefined)[]): Promise<Target> {
  const alias = await ctx.store.get(aliases, [ctx.account, ctx.region, name]);
  const found: Found[] = [];
  for (const keyId of names) {
    const id = keyId ?? alias?.keyId;
    if (id !== undefined) found.push(await findUsedKey(ctx, id, false));
  }
  return { alias, name, found };
}

/** Permission is needed on the alias, in an IAM policy, and on each key. */
const accesses = (ctx: Context, { name, found }: Target): Access[] => [
  { resource: aliasArn(ctx, name), conditions: callerConditions(ctx) },
  ...found.map((each) => keyAccess(ctx, each)),
];

function ownKey(ctx: Context, found: Found): Key {
  if (!found.key || found.key.account !== ctx.account) throw found.absent ?? awsError(NotFoundException, found.arn);
  return found.key;
}

function requireRoom(ctx: Context, key: Key): void {
  if (key.aliases.length < quota(ctx, 'AliasesPerKeyQuota', 50)) return;
  fail(LimitExceededException, `The maximum number of aliases for ${keyArn(key)} has been reached.`);
}

function requireOwnName(name: string): void {
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) {
    const why = name.startsWith('alias/') ? 'Alias must not contain colons' : 'Invalid identifier';
    throw name.startsWith('alias/') && !name.includes(':')
      ? awsError(InvalidAliasNameException, `Alias ${name} is not valid`)
      : new ValidationFailure(why);
  }
  if (name.startsWith(RESERVED)) throw awsError(InvalidAliasNameException, 'Reserved alias');
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html */
function requireSameKind(before: Key, after: Key): void {
  const kind = (key: Key) => (key.spec === 'SYMMETRIC_DEFAULT' ? 'symmetric' : 'other');
  if (before.usage !== after.usage || kind(before) !== kind(after)) {
    throw new ValidationFailure(
      `Alias cannot be changed from a key with usage ${before.usage} and spec ${before.spec} to a key with usage ${after.usage} and spec ${after.spec}.`,
    );
  }
}

const noSuchAlias = (ctx: Context, name: string) =>
  awsError(NotFoundException, `Alias ${aliasArn(ctx, name)} is not found.`);

const aliasView = (alias: Alias): AliasListEntry => ({
  AliasName: alias.name,
  AliasArn: aliasArn(alias, alias.name),
  TargetKeyId: alias.keyId,
  CreationDate: new Date(alias.created),
  LastUpdatedDate: new Date(alias.updated),
});
