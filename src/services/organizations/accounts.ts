/** Member accounts: what they are and where they stand. */
import {
  AccountNotFoundException,
  type DescribeAccountRequest,
  type DescribeAccountResponse,
  DestinationParentNotFoundException,
  DuplicateAccountException,
  type ListAccountsForParentRequest,
  type ListAccountsForParentResponse,
  type ListAccountsRequest,
  type ListAccountsResponse,
  type MoveAccountRequest,
  SourceParentNotFoundException,
  type Account as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Present } from '../../core/operation.ts';
import {
  type Account,
  accounts,
  chainOf,
  isClosed,
  type Organization,
  organizationPath,
} from '../../identity/organization.ts';
import { accountArn } from './arns.ts';
import { keepingValidAt } from './heldPolicies.ts';
import { rowsPage } from './pages.ts';
import { findPlace, type Place, placeAccess } from './places.ts';
import { operation, type Seat } from './seats.ts';
import { findParent } from './units.ts';

export const DescribeAccount = operation<Present<DescribeAccountRequest>, DescribeAccountResponse, Place>({
  who: 'readers',
  find: (input, ctx, seat) => findAccount(ctx, seat, input.AccountId),
  access: (_input, _seat, place) => placeAccess(place),
  async run(_input, ctx, { organization }, { id }) {
    const account = await ctx.store.get(accounts, [id]);
    return { Account: account && (await accountView(ctx, organization, account)) };
  },
});

export const ListAccounts = operation<ListAccountsRequest, ListAccountsResponse>({
  who: 'readers',
  async run(input, ctx, { organization }) {
    const { rows, page } = await rowsPage(ctx, accounts, [organization.id], input, { index: 'organization' });
    return { Accounts: await accountViews(ctx, organization, rows), ...page };
  },
});

export const ListAccountsForParent = operation<
  Present<ListAccountsForParentRequest>,
  ListAccountsForParentResponse,
  Place
>({
  who: 'readers',
  find: (input, ctx, seat) => findParent(ctx, seat, input.ParentId),
  access: (_input, _seat, place) => placeAccess(place),
  async run(input, ctx, { organization }, parent) {
    const { rows, page } = await rowsPage(ctx, accounts, [organization.id, parent.id], input, { index: 'parent' });
    return { Accounts: await accountViews(ctx, organization, rows), ...page };
  },
});

interface Move {
  readonly account: Place;
  readonly source: Place;
  readonly destination: Place;
}

export const MoveAccount = operation<Present<MoveAccountRequest>, object, Move>({
  who: 'management',
  async find(input, ctx, seat) {
    const { organization } = seat;
    const account = await findAccount(ctx, seat, input.AccountId);
    if (account instanceof Missing) return account;
    const source = await findPlace(ctx, organization, input.SourceParentId, NO_SUCH_SOURCE());
    if (source instanceof Missing) return source;
    const destination = await findPlace(ctx, organization, input.DestinationParentId, NO_SUCH_DESTINATION());
    return destination instanceof Missing ? destination : { account, source, destination };
  },
  access: (_input, _seat, { account, source, destination }) =>
    [account, source, destination].map((p) => placeAccess(p)),
  async run(_input, ctx, { organization }, { account, source, destination }) {
    if (account.parent === destination.id) {
      fail(DuplicateAccountException, 'That account is already present in the specified destination.');
    }
    if (account.parent !== source.id) throw NO_SUCH_SOURCE();
    const row = await ctx.store.get(accounts, [account.id]);
    if (!row) return {};
    await keepingValidAt(ctx, organization, row.id, () =>
      ctx.store.replace(accounts, { ...row, parent: destination.id }),
    );
    return {};
  },
});

const NO_SUCH_SOURCE = () =>
  awsError(SourceParentNotFoundException, "You specified a source parent that doesn't exist.");
const NO_SUCH_DESTINATION = () =>
  awsError(DestinationParentNotFoundException, "You specified a destination parent that doesn't exist.");

export const NO_SUCH_ACCOUNT = () => awsError(AccountNotFoundException, "You specified an account that doesn't exist.");

export const findAccount = (ctx: Context, { organization }: Seat, id: string): Promise<Place | Missing> =>
  findPlace(ctx, organization, id, NO_SUCH_ACCOUNT());

export async function accountViews(ctx: Context, organization: Organization, rows: readonly Account[]) {
  const views: View[] = [];
  for (const row of rows) views.push(await accountView(ctx, organization, row));
  return views;
}

export async function accountView(ctx: Context, organization: Organization, account: Account): Promise<View> {
  const chain = await chainOf(ctx.store, account.id);
  return {
    ...accountFacts(ctx, organization, account),
    Paths: chain ? [`${organizationPath(chain)}${account.id}/`] : [],
  };
}

/** What a list of delegated administrators also tells of an account. */
export function accountFacts(ctx: Context, organization: Organization, account: Account) {
  return {
    Id: account.id,
    Arn: accountArn(organization, account.id),
    Email: account.email,
    Name: account.name,
    ...stateOf(account, ctx.now),
    JoinedMethod: account.joinedMethod,
    JoinedTimestamp: account.joined === undefined ? undefined : new Date(account.joined),
  } satisfies View;
}

/** `Status` is the older word: a closed account is SUSPENDED in it. */
function stateOf(account: Account, now: Date): Pick<View, 'State' | 'Status'> {
  if (account.closing !== undefined) {
    return isClosed(account, now)
      ? { State: 'CLOSED', Status: 'SUSPENDED' }
      : { State: 'PENDING_CLOSURE', Status: 'PENDING_CLOSURE' };
  }
  return { State: account.status, Status: account.status };
}
