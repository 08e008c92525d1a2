/** An account's alias: one at most, and no other account's. */
import {
  type CreateAccountAliasRequest,
  type DeleteAccountAliasRequest,
  EntityAlreadyExistsException,
  type ListAccountAliasesRequest,
  type ListAccountAliasesResponse,
  NoSuchEntityException,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { CommonError, fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { accounts } from '../../identity/organization.ts';
import { table } from '../../store/store.ts';
import { itemsPage } from './pages.ts';

/** Holds the name, so that two accounts cannot take it side by side. The account's row has it too, for readers. */
interface AccountAlias {
  readonly alias: string;
  readonly account: string;
}
const accountAliases = table<AccountAlias>('iam_account_alias', { key: (a) => [a.alias] });

/** A second alias takes the place of the first. */
export const CreateAccountAlias: Operation<Present<CreateAccountAliasRequest>, object> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const alias = input.AccountAlias;
    if (/^\d{12}$/.test(alias)) throw new CommonError('ValidationError', 'Account alias cannot be a 12 digit number.');
    if (!(await ctx.store.insert(accountAliases, { alias, account: ctx.account }))) {
      fail(EntityAlreadyExistsException, `The account alias ${alias} already exists.`);
    }
    const account = await accountOf(ctx);
    if (account.alias !== undefined) await ctx.store.remove(accountAliases, [account.alias]);
    await ctx.store.replace(accounts, { ...account, alias });
    return {};
  },
};

export const DeleteAccountAlias: Operation<Present<DeleteAccountAliasRequest>, object> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { alias, ...account } = await accountOf(ctx);
    if (alias !== input.AccountAlias) {
      fail(NoSuchEntityException, `The account alias ${input.AccountAlias} cannot be found.`);
    }
    await ctx.store.remove(accountAliases, [alias]);
    await ctx.store.replace(accounts, account);
    return {};
  },
};

export const ListAccountAliases: Operation<ListAccountAliasesRequest, ListAccountAliasesResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { alias } = await accountOf(ctx);
    const { items, page } = itemsPage(alias === undefined ? [] : [alias], input);
    return { AccountAliases: items, ...page };
  },
};

async function accountOf(ctx: Context) {
  const account = await ctx.store.get(accounts, [ctx.account]);
  if (!account) throw new Error(`Account ${ctx.account} has no row.`);
  return account;
}
