/**
 * Text messages: what is set of them for the account. Nothing here reaches a telephone: they go to the outbox, so
 * nobody can answer STOP, which is how one opts out.
 */
import type {
  CheckIfPhoneNumberIsOptedOutInput,
  CheckIfPhoneNumberIsOptedOutResponse,
  GetSMSAttributesInput,
  GetSMSAttributesResponse,
  ListPhoneNumbersOptedOutInput,
  ListPhoneNumbersOptedOutResponse,
  OptInPhoneNumberInput,
  SetSMSAttributesInput,
} from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { table } from '../../store/store.ts';
import { refuse } from './errors.ts';

const smsAttributes = table<{
  readonly account: string;
  readonly region: string;
  readonly attributes: Readonly<Record<string, string>>;
}>('sns_sms', { key: ({ account, region }) => [account, region] });

const SPEND_LIMIT_DOLLARS = 1;
/** The most that may be set: AWS raises it on request, here `--quota SMSMonthlySpendLimit=…`. */
const spendLimitMax = (ctx: Context) => quota(ctx, 'SMSMonthlySpendLimit', SPEND_LIMIT_DOLLARS);

/** US dollars a month. */
export async function spendLimit(ctx: Context, account: string, region: string): Promise<number> {
  const row = await ctx.store.get(smsAttributes, [account, region]);
  return Number(row?.attributes.MonthlySpendLimit ?? spendLimitMax(ctx));
}

const ATTRIBUTES: Readonly<Record<string, (value: string, ctx: Context) => boolean>> = {
  MonthlySpendLimit: (value, ctx) => /^\d{1,9}$/.test(value) && Number(value) <= spendLimitMax(ctx),
  DefaultSenderID: (value) => /^(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/.test(value),
  DefaultSMSType: (value) => value === 'Promotional' || value === 'Transactional',
};
/** Delivery reports: there is nothing to report. */
const LEFT_OUT = new Set(['DeliveryStatusIAMRole', 'DeliveryStatusSuccessSamplingRate', 'UsageReportS3Bucket']);

export const SetSMSAttributes: Operation<Present<SetSMSAttributesInput>, object> = {
  access: () => ({ resource: '*' }),
  async run({ attributes: changes }, ctx) {
    const { store, account, region } = ctx;
    for (const [name, value] of Object.entries(changes)) {
      if (LEFT_OUT.has(name) && value !== '') notImplemented(`The SMS attribute ${name}`);
      if (!Object.hasOwn(ATTRIBUTES, name) && !LEFT_OUT.has(name))
        refuse(`attributes Reason: unknown attribute ${name}`);
      if (value !== '' && !ATTRIBUTES[name]!(value, ctx)) refuse(`attributes Reason: invalid value for ${name}`);
    }
    const before = await store.get(smsAttributes, [account, region]);
    const merged = Object.entries({ ...before?.attributes, ...changes }).filter(([, value]) => value !== '');
    await store.replace(smsAttributes, { account, region, attributes: Object.fromEntries(merged) });
    return {};
  },
};

export const GetSMSAttributes: Operation<GetSMSAttributesInput, GetSMSAttributesResponse> = {
  access: () => ({ resource: '*' }),
  async run({ attributes: names = [] }, ctx) {
    const row = await ctx.store.get(smsAttributes, [ctx.account, ctx.region]);
    const all = Object.entries({ MonthlySpendLimit: String(spendLimitMax(ctx)), ...row?.attributes });
    const chosen = names.length === 0 ? all : all.filter(([name]) => names.includes(name));
    return { attributes: Object.fromEntries(chosen) };
  },
};

const PHONE = /^\+?[0-9][0-9 .()-]{4,18}[0-9]$/;

export const CheckIfPhoneNumberIsOptedOut: Operation<
  Present<CheckIfPhoneNumberIsOptedOutInput>,
  CheckIfPhoneNumberIsOptedOutResponse
> = {
  access: () => ({ resource: '*' }),
  async run({ phoneNumber }) {
    if (!PHONE.test(phoneNumber)) refuse('PhoneNumber Reason: input incorrectly formatted');
    return { isOptedOut: false };
  },
};

export const ListPhoneNumbersOptedOut: Operation<ListPhoneNumbersOptedOutInput, ListPhoneNumbersOptedOutResponse> = {
  access: () => ({ resource: '*' }),
  run: async () => ({ phoneNumbers: [] }),
};

export const OptInPhoneNumber: Operation<Present<OptInPhoneNumberInput>, object> = {
  access: () => ({ resource: '*' }),
  async run({ phoneNumber }) {
    if (!PHONE.test(phoneNumber)) refuse('PhoneNumber Reason: input incorrectly formatted');
    return {};
  },
};
