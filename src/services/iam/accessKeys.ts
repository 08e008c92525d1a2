/**
 * Long-term access keys of users and of the root user. The secret is told once, at creation; at rest it is sealed under
 * the plane's root key, for the gateway must be able to check signatures with it.
 */
import {
  type AccessKeyMetadata,
  type CreateAccessKeyRequest,
  type CreateAccessKeyResponse,
  type DeleteAccessKeyRequest,
  type GetAccessKeyLastUsedRequest,
  type GetAccessKeyLastUsedResponse,
  LimitExceededException,
  type ListAccessKeysRequest,
  type ListAccessKeysResponse,
  NoSuchEntityException,
  type UpdateAccessKeyRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { AccessDenied, awsError, fail } from '../../core/errors.ts';
import { accessKeyId, accountOfAccessKey, secretAccessKey } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { keyUses } from '../../identity/lastUsed.ts';
import { type AccessKey, accessKeys, byName, users } from '../../identity/principals.ts';
import { rowsPage } from './pages.ts';
import { findOwned, findOwner, type Owned, type Owner, userAccess } from './subjects.ts';

type OwnedKey = Owned<AccessKey>;

export const CreateAccessKey: Operation<Present<CreateAccessKeyRequest>, CreateAccessKeyResponse, Owner> = {
  load: (input, ctx) => findOwner(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(_input, ctx, owner) {
    const max = quota(ctx, 'AccessKeysPerUserQuota', 2);
    if (!(await ctx.store.fits(accessKeys, keysOf(owner), max, 'owner'))) {
      fail(LimitExceededException, `Cannot exceed quota for AccessKeysPerUser: ${max}`);
    }
    const secret = secretAccessKey(ctx);
    const key: AccessKey = {
      id: accessKeyId('AKIA', owner.account, ctx),
      account: owner.account,
      ...(owner.name === undefined ? {} : { userName: owner.name }),
      secret: ctx.secrets.seal('access-key', secret, ctx.random(12)),
      status: 'Active',
      created: ctx.now.toISOString(),
    };
    await ctx.store.insert(accessKeys, key);
    const { CreateDate } = keyView(key);
    return {
      AccessKey: {
        UserName: owner.name,
        AccessKeyId: key.id,
        Status: key.status,
        SecretAccessKey: secret,
        CreateDate,
      },
    };
  },
};

export const ListAccessKeys: Operation<Present<ListAccessKeysRequest>, ListAccessKeysResponse, Owner> = {
  load: (input, ctx) => findOwner(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(input, ctx, owner) {
    const { rows, page } = await rowsPage(ctx, accessKeys, keysOf(owner), input, { index: 'owner' });
    return { AccessKeyMetadata: rows.map(keyView), ...page };
  },
};

export const UpdateAccessKey: Operation<Present<UpdateAccessKeyRequest>, object, OwnedKey> = {
  load: (input, ctx) => findKey(ctx, input.UserName, input.AccessKeyId),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(input, ctx, { row: key }) {
    await ctx.store.replace(accessKeys, { ...key, status: input.Status === 'Active' ? 'Active' : 'Inactive' });
    return {};
  },
};

export const DeleteAccessKey: Operation<Present<DeleteAccessKeyRequest>, object, OwnedKey> = {
  load: (input, ctx) => findKey(ctx, input.UserName, input.AccessKeyId),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(_input, ctx, { row: key }) {
    await ctx.store.remove(accessKeys, [key.id]);
    await ctx.store.remove(keyUses, [key.id]);
    return {};
  },
};

/** Answers for keys of the caller's own account; AWS says of any other that access is denied. */
export const GetAccessKeyLastUsed: Operation<
  Present<GetAccessKeyLastUsedRequest>,
  GetAccessKeyLastUsedResponse,
  OwnedKey
> = {
  async load(input, ctx) {
    const key = await ctx.store.get(accessKeys, [input.AccessKeyId]);
    if (!key || key.account !== ctx.account) return new Missing('*', unknownKey(ctx, input.AccessKeyId));
    const owner =
      key.userName === undefined ? undefined : await ctx.store.get(users, byName(key.account, key.userName));
    return { row: key, owner: owner ?? { account: key.account, id: key.account } };
  },
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(_input, ctx, { row: key }) {
    await ctx.journal.catchUp();
    const use = await ctx.store.get(keyUses, [key.id]);
    return {
      UserName: key.userName,
      AccessKeyLastUsed: {
        ...(use ? { LastUsedDate: new Date(use.time) } : { LastUsedDate: undefined }),
        ServiceName: use?.service ?? 'N/A',
        Region: use?.region ?? 'N/A',
      },
    };
  },
};

/** Key of the `owner` index. */
const keysOf = (owner: Owner) => byName(owner.account, owner.name ?? '');

function findKey(ctx: Context, userName: string | undefined, id: string): Promise<OwnedKey | Missing> {
  const find = async (owner: Owner) => {
    const key = await ctx.store.get(accessKeys, [id]);
    const isTheirs = key?.account === owner.account && key.userName?.toLowerCase() === owner.name?.toLowerCase();
    return isTheirs ? key : undefined;
  };
  return findOwned(ctx, userName, find, () => noSuchKey(id));
}

const noSuchKey = (id: string) => awsError(NoSuchEntityException, `The Access Key with id ${id} cannot be found.`);

function unknownKey(ctx: Context, id: string): Error {
  const account = accountOfAccessKey(id);
  if (account === undefined || account === ctx.account) return noSuchKey(id);
  return new AccessDenied(
    `User: ${ctx.caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: *`,
  );
}

const keyView = (key: AccessKey): AccessKeyMetadata => ({
  UserName: key.userName,
  AccessKeyId: key.id,
  Status: key.status,
  CreateDate: new Date(key.created),
});
