/**
 * What a bucket is set to: a row beside the bucket's own, made and removed with it. Every request to the bucket reads
 * it; what only some operations read (lists of named configurations) is in tables of its own.
 */
import type {
  AnalyticsConfiguration,
  CORSRule,
  IntelligentTieringConfiguration,
  LifecycleRule,
  LoggingEnabled,
  MetricsConfiguration,
  NotificationConfiguration,
  ObjectOwnership,
  ReplicationConfiguration,
  ServerSideEncryptionRule,
  TransitionDefaultMinimumObjectSize,
  WebsiteConfiguration,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import type { PublicAccessBlock } from '../../identity/publicAccess.ts';
import { type Transaction, table } from '../../store/store.ts';
import type { Acl } from './grants.ts';

export interface BucketSettings {
  readonly bucket: string;
  /** Account that owns the bucket. */
  readonly account: string;
  readonly region: string;
  /** Absent after DeleteBucketOwnershipControls: objects then belong to who writes them. */
  readonly ownership?: ObjectOwnership;
  readonly acl: Acl;
  readonly block?: PublicAccessBlock;
  /** Principals are bound to who they are; see identity/principalBinding.ts. */
  readonly policy?: string;
  /** By S3's meaning of public; judged when the policy was put. */
  readonly policyIsPublic?: boolean;
  readonly encryption: ServerSideEncryptionRule;
  readonly objectLock?: ObjectLock;
  readonly tags?: readonly Tag[];
  readonly cors?: readonly CORSRule[];
  readonly website?: WebsiteConfiguration;
  readonly lifecycle?: Lifecycle;
  readonly logging?: LoggingEnabled;
  readonly notifications?: NotificationConfiguration;
  readonly replication?: ReplicationConfiguration;
  readonly requesterPays?: boolean;
  readonly acceleration?: 'Enabled' | 'Suspended';
  /** Policies are told of its tags. */
  readonly abac?: true;
  /** By id, each with when it was first set, in milliseconds. */
  readonly tiering?: readonly {
    readonly Id: string | undefined;
    readonly since: number;
    readonly configuration: IntelligentTieringConfiguration;
  }[];
  /** By id. */
  readonly analytics?: readonly AnalyticsConfiguration[];
  /** By id. */
  readonly metrics?: readonly MetricsConfiguration[];
}

/** Once on, it stays on. */
export interface ObjectLock {
  /** What new versions get that bring no retention of their own. */
  readonly retention?: {
    readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
    readonly days?: number | undefined;
    readonly years?: number | undefined;
  };
}

export interface Lifecycle {
  readonly rules: readonly LifecycleRule[];
  readonly minimumSize: TransitionDefaultMinimumObjectSize;
}

export const bucketSettings = table<BucketSettings>('s3_settings', { key: ({ bucket }) => [bucket] });

/** Of a bucket that is there. */
export async function settingsOf(tx: Transaction, bucket: string): Promise<BucketSettings> {
  const settings = await tx.get(bucketSettings, [bucket]);
  if (!settings) throw new Error(`Bucket ${bucket} has no settings.`);
  return settings;
}

/** Settings with some changed; a member that is undefined is taken out. */
export async function changeSettings(
  ctx: Pick<Context, 'store'>,
  bucket: string,
  changes: { readonly [K in keyof BucketSettings]?: BucketSettings[K] | undefined },
): Promise<void> {
  const next = { ...(await settingsOf(ctx.store, bucket)), ...changes };
  const kept = Object.entries(next).filter(([, value]) => value !== undefined);
  await ctx.store.replace(bucketSettings, Object.fromEntries(kept) as unknown as BucketSettings);
}
