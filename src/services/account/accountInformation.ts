/** The account's name, age and state. */
import type {
  GetAccountInformationRequest,
  GetAccountInformationResponse,
  PutAccountNameRequest,
} from '@aws-sdk/client-account';
import type { Present } from '../../core/operation.ts';
import { accounts, isClosed } from '../../identity/organization.ts';
import { operation } from './subjects.ts';

export const GetAccountInformation = operation<GetAccountInformationRequest, GetAccountInformationResponse>({
  name: 'GetAccountInformation',
  run: async (_input, ctx, account) => ({
    AccountId: account.id,
    AccountName: account.name,
    AccountCreatedDate: new Date(account.created),
    AccountState: account.closing !== undefined && isClosed(account, ctx.now) ? 'CLOSED' : suspendedOrActive(account),
  }),
});

const suspendedOrActive = ({ status }: { readonly status: string }) =>
  status === 'SUSPENDED' ? ('SUSPENDED' as const) : ('ACTIVE' as const);

export const PutAccountName = operation<Present<PutAccountNameRequest>, object>({
  name: 'PutAccountName',
  async run({ AccountName }, ctx, account) {
    await ctx.store.replace(accounts, { ...account, name: AccountName });
    return {};
  },
});
