/**
 * The follower behind GetKeyLastUsage. It loads with the plane, so it imports nothing of the service.
 *
 * Only what has succeeded counts, and of a call from another account the record in the key owner's account.
 */
import { type Follower, type JournalRow, table } from '../../store/store.ts';

export interface KeyLastUse {
  readonly arn: string;
  readonly operation: string;
  /** ISO 8601. */
  readonly time: string;
  readonly eventId: string;
  readonly requestId: string;
}

export const keyLastUses = table<KeyLastUse>('kms_key_last_use', { key: (use) => [use.arn] });

export const keyUsage: Follower = {
  name: 'kms_key_usage',
  async follow(entries, tx) {
    const latest = new Map<string, KeyLastUse>();
    for (const entry of entries) for (const use of usesIn(entry)) latest.set(use.arn, use);
    for (const use of latest.values()) await tx.replace(keyLastUses, use);
  },
};

/** Operations that use a key's material. */
const USES = new Set([
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
]);

interface Recorded {
  readonly eventTime: string;
  readonly eventName: string;
  readonly eventID: string;
  readonly requestID: string;
  readonly errorCode?: string;
  readonly resources?: readonly { readonly ARN: string; readonly accountId?: string }[];
}

function usesIn({ kind, account, body }: JournalRow): KeyLastUse[] {
  if (kind !== 'api' || !body.includes('"eventSource":"kms.amazonaws.com"')) return [];
  const record = JSON.parse(body) as Recorded;
  if (record.errorCode !== undefined || !USES.has(record.eventName)) return [];
  const { eventName: operation, eventTime, eventID: eventId, requestID: requestId } = record;
  const time = new Date(eventTime).toISOString();
  return (record.resources ?? [])
    .filter((resource) => resource.accountId === account)
    .map(({ ARN: arn }) => ({ arn, operation, time, eventId, requestId }));
}
