/**
 * The SMS sandbox: an account may send text messages to telephones only that have shown a code they were sent. Every
 * account begins in it, as in AWS; the operator lets all out with `--quota SMSSandbox=0`.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type CreateSMSSandboxPhoneNumberInput,
  type DeleteSMSSandboxPhoneNumberInput,
  type GetSMSSandboxAccountStatusResult,
  type ListOriginationNumbersRequest,
  type ListOriginationNumbersResult,
  type ListSMSSandboxPhoneNumbersInput,
  type ListSMSSandboxPhoneNumbersResult,
  ResourceNotFoundException,
  ThrottledException,
  UserErrorException,
  VerificationException,
  type VerifySMSSandboxPhoneNumberInput,
} from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { table } from '../../store/store.ts';
import { refuse } from './errors.ts';
import { putOut } from './outbox.ts';
import { rowsPage } from './pages.ts';

interface Destination {
  readonly account: string;
  readonly region: string;
  readonly phone: string;
  readonly verified: boolean;
  /** Hash of the code that was sent last. */
  readonly code: string;
  /** Milliseconds: when codes were sent within the last day, the latest last. */
  readonly sent: readonly number[];
  /** Milliseconds: the last attempt to verify, or the last code. */
  readonly tried: number;
}

const destinations = table<Destination>('sns_sandbox_number', {
  key: ({ account, region, phone }) => [account, region, phone],
  indexes: { place: ({ account, region }) => [[account, region]] },
});

const DAY_MS = 86_400_000;
const CODE_MS = 900_000;
const CODES_A_DAY = 5;
const WRONG_MAX = 5;
const DESTINATIONS_MAX = 10;

const everything = { access: () => ({ resource: '*' }) };

export const isInSandbox = (ctx: Context) => quota(ctx, 'SMSSandbox', 1) > 0;

/** Whether the account may send text messages there. */
export async function mayText(ctx: Context, account: string, region: string, phone: string): Promise<boolean> {
  return !isInSandbox(ctx) || (await ctx.store.get(destinations, [account, region, phone]))?.verified === true;
}

export const GetSMSSandboxAccountStatus: Operation<object, GetSMSSandboxAccountStatusResult> = {
  ...everything,
  run: async (_input, ctx) => ({ IsInSandbox: isInSandbox(ctx) }),
};

const PHONE = /^\+[1-9]\d{7,14}$/;
const find = ({ store, account, region }: Context, phone: string) => store.get(destinations, [account, region, phone]);

export const CreateSMSSandboxPhoneNumber: Operation<Present<CreateSMSSandboxPhoneNumberInput>, object> = {
  ...everything,
  async run({ PhoneNumber: phone }, ctx) {
    const { account, region } = ctx;
    const now = ctx.now.getTime();
    if (!PHONE.test(phone)) refuse('PhoneNumber Reason: input incorrectly formatted');
    const there = await find(ctx, phone);
    if (there?.verified) fail(UserErrorException, 'The phone number is verified already.');
    const max = quota(ctx, 'SMSSandboxPhoneNumbers', DESTINATIONS_MAX);
    if (!there && !(await ctx.store.fits(destinations, [account, region], max, 'place'))) {
      fail(UserErrorException, `The SMS sandbox can have up to ${max} destination phone numbers.`);
    }
    const sent = there?.sent.filter((time) => time > now - DAY_MS) ?? [];
    if (sent.length >= CODES_A_DAY) {
      fail(ThrottledException, `A verification code can be sent ${CODES_A_DAY} times in 24 hours.`);
    }
    const code = newCode(ctx);
    const row = { account, region, phone, verified: false, code: hashOf(phone, code), sent: [...sent, now] };
    await ctx.store.replace(destinations, { ...row, tried: now });
    await putOut(ctx, { account, region, protocol: 'sms', to: phone, text: `Your AWS verification code is ${code}.` });
    return {};
  },
};

const newCode = (ctx: Context) => String(Buffer.from(ctx.random(6)).readUIntBE(0, 6) % 1_000_000).padStart(6, '0');
const hashOf = (phone: string, code: string) => createHash('sha256').update(`${phone} ${code}`).digest('base64url');

export const VerifySMSSandboxPhoneNumber: Operation<Present<VerifySMSSandboxPhoneNumberInput>, object> = {
  ...everything,
  async run({ PhoneNumber: phone, OneTimePassword: code }, ctx) {
    ctx.audit.requestParameters = { oneTimePassword: 'HIDDEN_DUE_TO_SECURITY_REASONS' };
    const row = (await find(ctx, phone)) ?? noNumber();
    if (row.verified) return {};
    const now = ctx.now.getTime();
    const age = now - row.sent.at(-1)!;
    if ((wrongCodes.get(row) ?? 0) >= WRONG_MAX || age > CODE_MS)
      unverified('The verification code has expired. Ask for a new one.');
    if (!timingSafeEqual(Buffer.from(row.code), Buffer.from(hashOf(phone, code)))) {
      wrongCodes.set(row, (wrongCodes.get(row) ?? 0) + 1);
      unverified('The verification code does not match.');
    }
    await ctx.store.replace(destinations, { ...row, verified: true, tried: now });
    return {};
  },
};

/** Since the last code was sent. In memory: a request that fails leaves nothing in the store. */
const wrongCodes = new WeakMap<Destination, number>();

const unverified = (Message: string): never =>
  fail(VerificationException, Message, { Message, Status: 'Verification failed' });
const noNumber = (): never =>
  fail(ResourceNotFoundException, 'The phone number is not in the SMS sandbox of this account.');

export const DeleteSMSSandboxPhoneNumber: Operation<Present<DeleteSMSSandboxPhoneNumberInput>, object> = {
  ...everything,
  async run({ PhoneNumber: phone }, ctx) {
    const row = (await find(ctx, phone)) ?? noNumber();
    if (ctx.now.getTime() < row.tried + DAY_MS) {
      fail(
        UserErrorException,
        'A phone number can be deleted 24 hours after its last verification attempt at the earliest.',
      );
    }
    await ctx.store.remove(destinations, [row.account, row.region, phone]);
    return {};
  },
};

export const ListSMSSandboxPhoneNumbers: Operation<ListSMSSandboxPhoneNumbersInput, ListSMSSandboxPhoneNumbersResult> =
  {
    ...everything,
    async run(input, ctx) {
      const { rows, page } = await rowsPage(ctx, destinations, [ctx.account, ctx.region], input);
      return {
        PhoneNumbers: rows.map(({ phone, verified }) => ({
          PhoneNumber: phone,
          Status: verified ? 'Verified' : 'Pending',
        })),
        ...page,
      };
    },
  };

/** Numbers to send from are leased from carriers: there is none. */
export const ListOriginationNumbers: Operation<ListOriginationNumbersRequest, ListOriginationNumbersResult> = {
  ...everything,
  run: async () => ({ PhoneNumbers: [] }),
};
