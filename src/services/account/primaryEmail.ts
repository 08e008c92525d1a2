/**
 * The root user's address, and changing that of a member account: a code goes to the new address, and who shows it
 * within a day makes the address the account's. Password, devices and sessions of the root user stay as they are.
 * https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html
 */
import {
  type AcceptPrimaryEmailUpdateRequest,
  type AcceptPrimaryEmailUpdateResponse,
  ConflictException,
  type GetPrimaryEmailRequest,
  type GetPrimaryEmailResponse,
  type GetPrimaryEmailUpdateStatusRequest,
  type GetPrimaryEmailUpdateStatusResponse,
  ResourceNotFoundException,
  type StartPrimaryEmailUpdateRequest,
  type StartPrimaryEmailUpdateResponse,
} from '@aws-sdk/client-account';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { isAccountAddress } from '../../identity/addresses.ts';
import { send } from '../../identity/letters.ts';
import { type Account, accounts } from '../../identity/organization.ts';
import { table } from '../../store/store.ts';
import { type Coded, codesOf, HOUR_MS } from './codes.ts';
import { invalid } from './errors.ts';
import { type Description, operation } from './subjects.ts';

/** The latest of an account. */
interface EmailUpdate extends Coded {
  /** Whose the account was when it was asked for: another one has no part in it. */
  readonly organization: string | undefined;
  readonly email: string;
}

type Described<In, Out> = Description<Present<In>, Out>;

const emailUpdates = table<EmailUpdate>('account_email_update', { key: (row) => [row.account] });
const codes = codesOf({
  ...{ rows: emailUpdates, seal: 'account-email-code', goodMs: 86_400_000, signs: 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789' },
  // The first is AWS's (https://docs.aws.amazon.com/accounts/latest/reference/quotas.html).
  bounds: [
    [3, 30_000],
    [20, HOUR_MS],
  ],
});

export const GetPrimaryEmail = operation<Present<GetPrimaryEmailRequest>, GetPrimaryEmailResponse>({
  name: 'GetPrimaryEmail',
  membersOnly: true,
  run: async (_input, _ctx, account) => ({ PrimaryEmail: account.email }),
});

/** Asked again, the code before is good no more. */
const start: Described<StartPrimaryEmailUpdateRequest, StartPrimaryEmailUpdateResponse> = {
  name: 'StartPrimaryEmailUpdate',
  conditions: domainCondition,
  async run({ PrimaryEmail: email }, ctx, account) {
    if (!isAccountAddress(email)) invalid('PrimaryEmail', 'The primary email address is not valid.');
    await requireFree(ctx, email);
    const { code, coded } = await codes.fresh(ctx, account.id);
    await ctx.store.replace(emailUpdates, { ...coded, organization: account.organization, email });
    const text = [
      `${code} is the code by which this becomes the address of the root user of account ${account.name} (${account.id}).`,
      'It is good for one day, for whoever asked for the change. If you know nothing of it, you need do nothing.',
    ].join('\n\n');
    await send(ctx, account.id, { to: email, subject: 'Verify your new root user address', text }, 'root');
    return { Status: 'PENDING' };
  },
};

const accept: Described<AcceptPrimaryEmailUpdateRequest, AcceptPrimaryEmailUpdateResponse> = {
  name: 'AcceptPrimaryEmailUpdate',
  conditions: domainCondition,
  async run({ PrimaryEmail: email, Otp }, ctx, account) {
    const update = await latestOf(ctx, account);
    if (update.code === undefined) return fail(ResourceNotFoundException, NO_UPDATE);
    if (update.email !== email) invalid('PrimaryEmail', 'The primary email address is not the one of the update.');
    await codes.requireCode(ctx, update, Otp);
    await requireFree(ctx, email);
    await ctx.store.replace(accounts, { ...account, email });
    const { code: _, tried: __, ...rest } = update;
    await ctx.store.replace(emailUpdates, { ...rest, time: ctx.now.getTime() });
    return { Status: 'ACCEPTED' };
  },
};

export const StartPrimaryEmailUpdate = operation({ ...start, membersOnly: true });
export const AcceptPrimaryEmailUpdate = operation({ ...accept, membersOnly: true });

/** No API lets an account change its own address: root does, on a page of sign-in, which records it. */
const own = { recorded: 'never' } as const;
export const StartOwnEmailUpdate = { ...operation(start), action: 'account:StartPrimaryEmailUpdate', ...own };
export const AcceptOwnEmailUpdate = { ...operation(accept), action: 'account:AcceptPrimaryEmailUpdate', ...own };

export const GetPrimaryEmailUpdateStatus = operation<
  GetPrimaryEmailUpdateStatusRequest,
  GetPrimaryEmailUpdateStatusResponse
>({
  name: 'GetPrimaryEmailUpdateStatus',
  membersOnly: true,
  async run(_input, ctx, account) {
    const update = await latestOf(ctx, account);
    const Status = statusOf(update, ctx.now);
    return { Status, UpdatedAt: new Date(Status === 'FAILED' ? codes.failedAt(update) : update.time) };
  },
});

/** What is accepted is in force at once, everywhere. */
function statusOf(update: EmailUpdate, now: Date) {
  if (update.code === undefined) return 'COMPLETED' as const;
  return now.getTime() >= codes.failedAt(update) ? ('FAILED' as const) : ('PENDING' as const);
}

async function latestOf({ store }: Context, { id, organization }: Account): Promise<EmailUpdate> {
  const update = await store.get(emailUpdates, [id]);
  return update && update.organization === organization ? update : fail(ResourceNotFoundException, NO_UPDATE);
}

const NO_UPDATE = 'No update of the primary email address was found for the account.';

async function requireFree(ctx: Context, email: string): Promise<void> {
  if (await ctx.store.fits(accounts, [email.toLowerCase()], 1, 'email')) return;
  fail(ConflictException, 'The primary email address is already in use by an AWS account.');
}

function domainCondition({ PrimaryEmail }: { readonly PrimaryEmail?: string | undefined }) {
  return { 'account:EmailTargetDomain': PrimaryEmail?.split('@').at(-1)?.toLowerCase() };
}
