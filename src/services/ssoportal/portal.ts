/** What a person has through IAM Identity Center: accounts, roles in them, and credentials of those roles. */
import {
  type GetRoleCredentialsRequest,
  type GetRoleCredentialsResponse,
  type ListAccountRolesRequest,
  type ListAccountRolesResponse,
  type ListAccountsRequest,
  type ListAccountsResponse,
  type LogoutRequest,
  ResourceNotFoundException,
  UnauthorizedException,
} from '@aws-sdk/client-sso';
import type { Context } from '../../core/context.ts';
import { awsError, CommonError, fail } from '../../core/errors.ts';
import { Open, type Operation, type Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { accountWithin, assignmentsOf, permissionSets } from '../../identity/permissionSets.ts';
import { roleCredentials } from '../../identity/portalCredentials.ts';
import { endSignIn, personIdentity, type SignedIn, signedInBy } from '../../identity/portalSessions.ts';

const BEARER = new Open('The caller is not signed: the access token of a sign-in is the credential.');
const PAGE_MAX = 100;

type OfBearer<In, Out> = Operation<In, Out, SignedIn>;

const onToken = {
  unsigned: true as const,
  async load({ accessToken }: { readonly accessToken: string }, ctx: Context): Promise<SignedIn> {
    const person = await signedInBy(ctx, accessToken);
    if (!person) throw awsError(UnauthorizedException, 'Session token not found or invalid');
    ctx.audit.recipientAccountId = person.instance.account;
    ctx.audit.userIdentity = personIdentity(person.instance, person.user, person.session);
    return person;
  },
  access: () => BEARER,
};

export const ListAccounts: OfBearer<Present<ListAccountsRequest>, ListAccountsResponse> = {
  ...onToken,
  async run(input, ctx, { instance, user }) {
    const ids = new Set((await assignmentsOf(ctx.store, instance, user.id)).map(({ account }) => account));
    const { items, next } = paged([...ids].toSorted(), input);
    const accountList = [];
    for (const id of items) {
      const account = await accountWithin(ctx.store, instance, id, ctx.now);
      if (account) accountList.push({ accountId: id, accountName: account.name, emailAddress: account.email });
    }
    return { accountList, ...next };
  },
};

export const ListAccountRoles: OfBearer<Present<ListAccountRolesRequest>, ListAccountRolesResponse> = {
  ...onToken,
  async run(input, ctx, person) {
    const names = await roleNames(ctx, person, input.accountId);
    if (names.length === 0) throw noAccess();
    const { items, next } = paged(names, input);
    return { roleList: items.map((roleName) => ({ roleName, accountId: input.accountId })), ...next };
  },
};

/** Names of the permission sets that the person has in an account. */
async function roleNames(ctx: Context, { instance, user }: SignedIn, account: string): Promise<string[]> {
  if (!(await accountWithin(ctx.store, instance, account, ctx.now))) return [];
  const ids = new Set((await assignmentsOf(ctx.store, instance, user.id, account)).map((row) => row.permissionSet));
  const names: string[] = [];
  for (const id of ids) {
    const set = await ctx.store.get(permissionSets, [instance.id, id]);
    if (set) names.push(set.name);
  }
  return names.toSorted();
}

/** To whom an account or role is not assigned, it is not there. */
const noAccess = () => new CommonError('ForbiddenException', 'No access', 403);

export const GetRoleCredentials: OfBearer<Present<GetRoleCredentialsRequest>, GetRoleCredentialsResponse> = {
  ...onToken,
  async run({ roleName, accountId }, ctx, person) {
    const credentials = await roleCredentials(ctx, person, accountId, roleName);
    if (!credentials) throw noAccess();
    ctx.audit.responseElements = null;
    ctx.audit.additionalEventData = { accountId, roleName };
    return { roleCredentials: credentials };
  },
};

export const Logout: OfBearer<Present<LogoutRequest>, object> = {
  ...onToken,
  async run(_input, ctx, { session }) {
    await endSignIn(ctx.store, session.signIn);
    return {};
  },
};

interface PageInput {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

function paged<T>(items: readonly T[], { maxResults = PAGE_MAX, nextToken }: PageInput) {
  const from = nextToken === undefined ? 0 : Number(cursorOf(nextToken) ?? Number.NaN);
  if (!Number.isInteger(from) || from < 0) fail(ResourceNotFoundException, 'Invalid next token');
  const to = from + maxResults;
  return { items: items.slice(from, to), next: to < items.length ? { nextToken: tokenOf(String(to)) } : {} };
}
