/**
 * AWS/Usage: how often each API is called, per account, Region and minute, read off the audit journal.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AWS-API-Usage-Metrics.html
 */
import { eventOf } from '../../core/events.ts';
import type { Samples } from '../../core/metrics.ts';
import type { JournalRow } from '../../store/store.ts';

/** Values of the `Service` dimension, from the page above; other services go by the name in their event source. */
const SERVICES: Readonly<Record<string, string>> = {
  'access-analyzer': 'Access Analyzer',
  account: 'Account Management',
  ce: 'Cost Explorer',
  cloudtrail: 'CloudTrail',
  events: 'EventBridge',
  firehose: 'Firehose',
  iam: 'IAM',
  identitystore: 'Identity Store',
  kms: 'KMS',
  logs: 'Logs',
  monitoring: 'CloudWatch',
  organizations: 'Organizations',
  rolesanywhere: 'IAM Roles Anywhere',
  s3: 'S3',
  scheduler: 'EventBridge Scheduler',
  sns: 'SNS',
  sqs: 'SQS',
  sso: 'SSO',
  sts: 'STS',
};

interface Recorded {
  readonly eventType: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly userIdentity: { readonly accountId?: string };
}

/** Calls of one kind within a minute. */
interface Calls {
  readonly account: string;
  readonly region: string;
  readonly source: string;
  readonly operation: string;
  readonly time: number;
  count: number;
}

const MINUTE_MS = 60_000;

/** What a batch of entries says of calls. A call across accounts has a record in both: it counts for the caller's. */
export function usageIn(entries: readonly JournalRow[]): Samples[] {
  const known = new Map<string, Calls>();
  for (const entry of entries) {
    if (entry.kind !== 'api') continue;
    const record = eventOf<Recorded>(entry);
    const { account } = entry;
    const { accountId = account } = record.userIdentity;
    if (record.eventType !== 'AwsApiCall' || (accountId !== account && /^\d{12}$/.test(accountId))) continue;
    const { awsRegion: region, eventSource: source, eventName: operation } = record;
    const time = entry.time - (entry.time % MINUTE_MS);
    const key = `${account} ${region} ${source} ${operation} ${time}`;
    const calls = known.get(key);
    if (calls) calls.count++;
    else known.set(key, { account, region, source, operation, time, count: 1 });
  }
  return Array.from(known.values(), samplesOf);
}

function samplesOf({ account, region, source, operation, time, count }: Calls): Samples {
  const host = source.slice(0, source.indexOf('.'));
  const dimensions = [
    ['Class', 'None'],
    ['Resource', operation],
    ['Service', SERVICES[host] ?? host],
    ['Type', 'API'],
  ] as const;
  const measured = { namespace: 'AWS/Usage', name: 'CallCount', dimensions, unit: 'None', time };
  return { account, region, samples: [{ ...measured, values: [1], counts: [count] }] };
}
