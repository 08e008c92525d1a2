/**
 * The follower behind GetKeyLastUsage and CloudWatch's `SuccessfulRequest`. It loads with the plane, so it imports
 * nothing of the service.
 *
 * Only what has succeeded counts, and of a call from another account the record in the key owner's account.
 */
import { eventOf } from '../../core/events.ts';
import { metrics } from '../../core/metrics.ts';
import { type Follower, type JournalRow, type Transaction, table } from '../../store/store.ts';

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
    const requests = new Map<string, Requests>();
    // The newest first: of a busy key's uses only one is read.
    for (const entry of entries.toReversed()) {
      const use = useIn(entry);
      if (!use) continue;
      count(requests, entry, use);
      if (seen.has(use.resources)) continue;
      seen.add(use.resources);
      for (const last of lastUsesIn(entry)) if (!latest.has(last.arn)) latest.set(last.arn, last);
    }
    for (const use of latest.values()) await tx.replace(keyLastUses, use);
    for (const each of requests.values()) tell(tx, each);
  },
};

/** Requests of one kind within a minute. */
interface Requests extends Use {
  readonly account: string;
  readonly region: string;
  readonly minute: number;
  number: number;
}

const MINUTE_MS = 60_000;

function count(requests: Map<string, Requests>, { account, region, time }: JournalRow, use: Use): void {
  const minute = time - (time % MINUTE_MS);
  const name = `${minute} ${account} ${use.operation} ${use.resources}`;
  const known = requests.get(name);
  if (known) known.number++;
  else requests.set(name, { ...use, account, region, minute, number: 1 });
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html */
function tell(tx: Transaction, { account, region, minute, operation: Operation, resources, number }: Requests): void {
  const used = JSON.parse(`${resources}]`) as readonly Resource[];
  const [{ ARN: first }, { ARN: second } = { ARN: first }] = used as [Resource, Resource | undefined];
  if (used[0]!.accountId !== account) return;
  const dimensions =
    Operation === 'ReEncrypt'
      ? { SourceKeyArn: first, DestinationKeyArn: second, Operation }
      : { KeyArn: first, Operation };
  const points = [{ name: 'SuccessfulRequest', value: 1, unit: 'Count', count: number }];
  metrics({ store: tx, now: new Date(minute), account, region }, { namespace: 'AWS/KMS', dimensions, points });
}

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

interface Resource {
  readonly ARN: string;
  readonly accountId: string;
}

interface Recorded {
  readonly eventTime: string;
  readonly eventName: string;
  readonly eventID: string;
  readonly requestID: string;
  readonly resources: readonly Resource[];
}

interface Use {
  readonly operation: string;
  /** The keys, as JSON without its end. */
  readonly resources: string;
}

const CALL = '"eventSource":"kms.amazonaws.com","eventName":"';
const RESOURCES = '"resources":';

/** What can be told of a successful use without reading the record. No text inside a value looks like its members. */
function useIn({ kind, body }: JournalRow): Use | undefined {
  const at = kind === 'api' ? body.indexOf(CALL) : -1;
  if (at < 0) return undefined;
  const operation = body.slice(at + CALL.length, body.indexOf('"', at + CALL.length));
  if (!USES.has(operation)) return undefined;
  if (body.slice(at, body.indexOf('"requestParameters":', at)).includes('"errorCode":"')) return undefined;
  const start = body.lastIndexOf(`${RESOURCES}[{`);
  if (start < 0) return undefined;
  return { operation, resources: body.slice(start + RESOURCES.length, body.indexOf(']', start)) };
}

function lastUsesIn(entry: JournalRow): KeyLastUse[] {
  const { account } = entry;
  const record = eventOf<Recorded>(entry);
  const { eventName: operation, eventTime, eventID: eventId, requestID: requestId } = record;
  const time = new Date(eventTime).toISOString();
  return record.resources
    .filter((resource) => resource.accountId === account)
    .map(({ ARN: arn }) => ({ arn, operation, time, eventId, requestId }));
}
