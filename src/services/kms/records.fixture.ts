/** CloudTrail records of KMS, as they lie in the journal. */
import type { Cloud } from '../../testing/cloud.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a record says differs by operation
type Json = any;

export interface Recorded {
  readonly eventName: string;
  readonly awsRegion: string;
  readonly errorCode?: string;
  readonly userIdentity: { readonly arn?: string; readonly invokedBy?: string };
  readonly requestParameters: Json;
  readonly resources?: readonly { readonly ARN: string; readonly accountId: string }[];
  readonly eventID: string;
  readonly requestID: string;
  readonly eventType: string;
  readonly responseElements: Json;
  readonly additionalEventData?: Json;
  readonly serviceEventDetails?: Json;
}

export async function recordsOf(cloud: Cloud, eventName: string): Promise<Recorded[]> {
  const entries = await cloud.deps.store.journal.read(0, 100_000);
  const records = entries.filter(({ kind }) => kind === 'api').map(({ body }) => JSON.parse(body));
  return records.filter((record) => record.eventSource === 'kms.amazonaws.com' && record.eventName === eventName);
}

export const lastRecord = async (cloud: Cloud, eventName: string) => (await recordsOf(cloud, eventName)).at(-1)!;
