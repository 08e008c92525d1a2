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

/** A call across accounts has a record in both: it counts for the caller's. */
export function usageIn(entry: JournalRow): Samples | undefined {
  if (entry.kind !== 'api') return undefined;
  const record = eventOf<Recorded>(entry);
  const { accountId = entry.account } = record.userIdentity;
  if (record.eventType !== 'AwsApiCall' || (accountId !== entry.account && /^\d{12}$/.test(accountId)))
    return undefined;
  const host = record.eventSource.slice(0, record.eventSource.indexOf('.'));
  const dimensions = [
    ['Class', 'None'],
    ['Resource', record.eventName],
    ['Service', SERVICES[host] ?? host],
    ['Type', 'API'],
  ] as const;
  const sample = { namespace: 'AWS/Usage', name: 'CallCount', dimensions, unit: 'None', time: entry.time, values: [1] };
  return { account: entry.account, region: record.awsRegion, samples: [sample] };
}
