/**
 * The follower behind GetKeyLastUsage. It loads with the plane, so it imports nothing of the service.
 *
 * Only what has succeeded counts, and of a call from another account the record in the key owner's account.
 */
import { eventOf } from '../../core/events.ts';
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
    const seen = new Set<string>();
    // The newest first: of a busy key's uses only one is read.
    for (const entry of entries.toReversed()) {
      const resources = resourcesIn(entry);
      if (resources === undefined || seen.has(resources)) continue;
      const uses = usesIn(entry);
      if (uses.length > 0) seen.add(resources);
      for (const use of uses) if (!latest.has(use.arn)) latest.set(use.arn, use);
    }
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

/** The record's resources as text; undefined if it is no call of KMS. No text inside a value can look like this. */
function resourcesIn({ kind, account, body }: JournalRow): string | undefined {
  if (kind !== 'api' || !body.includes('"eventSource":"kms.amazonaws.com"')) return undefined;
  const start = body.lastIndexOf('"resources":[{');
  return start < 0 ? undefined : account + body.slice(start, body.indexOf(']', start));
}

function usesIn(entry: JournalRow): KeyLastUse[] {
  const { account } = entry;
  const record = eventOf<Recorded>(entry);
  if (record.errorCode !== undefined || !USES.has(record.eventName)) return [];
  const { eventName: operation, eventTime, eventID: eventId, requestID: requestId } = record;
  const time = new Date(eventTime).toISOString();
  return (record.resources ?? [])
    .filter((resource) => resource.accountId === account)
    .map(({ ARN: arn }) => ({ arn, operation, time, eventId, requestId }));
}
