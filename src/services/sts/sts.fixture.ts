/** What the tests of this service share. */
import type { Credentials as Given } from '@aws-sdk/client-sts';
import type { Store } from '../../store/store.ts';

export const allow = (Action: string | string[], Resource: string | string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] });

/** A trust policy. */
export const trusting = (Principal: object, Action: string | string[] = 'sts:AssumeRole', Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal, Action, ...(Condition && { Condition }) }],
});

export function credentialsOf({ Credentials }: { Credentials?: Given | undefined }) {
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

// biome-ignore lint/suspicious/noExplicitAny: an audit record is looked into, not modelled
type AuditRecord = Record<string, any>;

interface Recorded {
  readonly managementAccount: string;
  readonly deps: { readonly store: Store };
}

/** Audit records of an operation in an account, newest first. */
export async function records(cloud: Recorded, eventName: string, account = cloud.managementAccount) {
  const entries = await cloud.deps.store.journal.read(0, 10_000);
  return entries
    .filter((entry) => entry.kind === 'api' && entry.account === account)
    .map((entry) => JSON.parse(entry.body) as AuditRecord)
    .filter((record) => record.eventName === eventName)
    .reverse();
}
