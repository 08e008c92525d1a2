/**
 * Whether the telephone of the primary contact is theirs: a code goes there as a text message, which waits in the
 * outbox, and who shows it within ten minutes has verified the number. Another number begins anew.
 * https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-primary.html
 */
import {
  ConflictException,
  type PhoneNumberVerificationStatus,
  ResourceNotFoundException,
  type SendPhoneNumberVerificationRequest,
  type SendPhoneNumberVerificationResponse,
  type VerifyPhoneNumberRequest,
  type VerifyPhoneNumberResponse,
} from '@aws-sdk/client-account';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { putInto } from '../../core/outbox.ts';
import { table } from '../../store/store.ts';
import { type Coded, codesOf, HOUR_MS } from './codes.ts';
import { primaryContacts } from './contactRows.ts';
import { operation } from './subjects.ts';

/** The latest of an account. With its code shown the number is verified. */
interface PhoneVerification extends Coded {
  readonly phone: string;
}

const phoneVerifications = table<PhoneVerification>('account_phone_verification', { key: (row) => [row.account] });
const codes = codesOf({
  ...{ rows: phoneVerifications, seal: 'account-phone-code', goodMs: 600_000, signs: '0123456789' },
  bounds: [[5, HOUR_MS]],
});

export const SendPhoneNumberVerification = operation<
  Present<SendPhoneNumberVerificationRequest>,
  SendPhoneNumberVerificationResponse
>({
  name: 'SendPhoneNumberVerification',
  async run(_input, ctx, { id, name }) {
    const phone = await phoneOf(ctx, id);
    if ((await verificationStatus(ctx, id, phone)) === 'VERIFIED') return { Status: 'VERIFIED' };
    const { code, coded } = await codes.fresh(ctx, id);
    await ctx.store.replace(phoneVerifications, { ...coded, phone });
    const text = `${code} is the code that verifies this telephone for account ${name} (${id}). It is good for ten minutes.`;
    await putInto(ctx, { account: id, region: ctx.region, protocol: 'sms', to: phone, text });
    return { Status: 'PENDING' };
  },
});

export const VerifyPhoneNumber = operation<Present<VerifyPhoneNumberRequest>, VerifyPhoneNumberResponse>({
  name: 'VerifyPhoneNumber',
  async run({ Otp }, ctx, { id }) {
    const phone = await phoneOf(ctx, id);
    const row = await ctx.store.get(phoneVerifications, [id]);
    if (row?.code === undefined)
      return fail(ResourceNotFoundException, 'No verification of the phone number is pending.');
    if (row.phone !== phone) fail(ConflictException, 'The phone number has changed since the code was sent.');
    await codes.requireCode(ctx, row, Otp);
    const { code: _, tried: __, ...rest } = row;
    await ctx.store.replace(phoneVerifications, { ...rest, time: ctx.now.getTime() });
    return { Status: 'VERIFIED' };
  },
});

async function phoneOf({ store }: Context, account: string): Promise<string> {
  const { PhoneNumber } = (await store.get(primaryContacts, [account]))?.contact ?? {};
  return PhoneNumber ?? fail(ResourceNotFoundException, 'No contact information found.');
}

export async function verificationStatus(
  { store, now }: Context,
  account: string,
  phone: string | undefined,
): Promise<PhoneNumberVerificationStatus> {
  const row = await store.get(phoneVerifications, [account]);
  if (!row || row.phone !== phone) return 'UNVERIFIED';
  if (row.code === undefined) return 'VERIFIED';
  return now.getTime() < codes.failedAt(row) ? 'PENDING' : 'UNVERIFIED';
}
