/**
 * Text messages: what is set of them for the account. Nothing here reaches a telephone: they go to the outbox, so
 * nobody can opt out either.
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
import { notImplemented } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { refuse } from './errors.ts';

const smsAttributes = table<{
  readonly account: string;
  readonly region: string;
  readonly attributes: Readonly<Record<string, string>>;
}>('sns_sms', { key: ({ account, region }) => [account, region] });

const ATTRIBUTES: Readonly<Record<string, (value: string) => boolean>> = {
  DefaultSenderID: (value) => /^(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/.test(value),
  DefaultSMSType: (value) => value === 'Promotional' || value === 'Transactional',
};
/** Spending and delivery reports: there is nothing to spend or to report. */
const LEFT_OUT = new Set([
  'MonthlySpendLimit',
  'DeliveryStatusIAMRole',
  'DeliveryStatusSuccessSamplingRate',
  'UsageReportS3Bucket',
]);

export const SetSMSAttributes: Operation<Present<SetSMSAttributesInput>, object> = {
  access: () => ({ resource: '*' }),
  async run({ attributes: changes }, { store, account, region }) {
    for (const [name, value] of Object.entries(changes)) {
      if (LEFT_OUT.has(name) && value !== '') notImplemented(`The SMS attribute ${name}`);
      if (!Object.hasOwn(ATTRIBUTES, name) && !LEFT_OUT.has(name))
        refuse(`attributes Reason: unknown attribute ${name}`);
      if (value !== '' && !ATTRIBUTES[name]!(value)) refuse(`attributes Reason: invalid value for ${name}`);
    }
    const before = await store.get(smsAttributes, [account, region]);
    const merged = Object.entries({ ...before?.attributes, ...changes }).filter(([, value]) => value !== '');
    await store.replace(smsAttributes, { account, region, attributes: Object.fromEntries(merged) });
    return {};
  },
};

export const GetSMSAttributes: Operation<GetSMSAttributesInput, GetSMSAttributesResponse> = {
  access: () => ({ resource: '*' }),
  async run({ attributes: names = [] }, { store, account, region }) {
    const row = await store.get(smsAttributes, [account, region]);
    const all = Object.entries(row?.attributes ?? {});
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
