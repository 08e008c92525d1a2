/** Versions that are to be replicated, as tasks: carried out as the role that the bucket's configuration names. */
import type { ReplicationRule } from '@aws-sdk/client-s3';
import { pauseOf, type Task, type TaskHandler } from '../../core/tasks.ts';

export const REPLICATE = 's3.replicate';
export const MEASURE = 's3.replicationMetrics';
export const MEASURE_EVERY_MS = 60_000;
/** The only threshold there is. */
export const THRESHOLD_MINUTES = 15;

export interface Replication {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
  readonly what: 'made' | 'change';
  /** Of rules that have metrics, by their ids. Absent of what was there before the rule. */
  readonly tracked?: {
    readonly size: number;
    readonly rules: readonly string[];
    /** That it takes too long has been told. */
    readonly missed?: true;
  };
}

export const isMeasured = ({ Status, Destination }: ReplicationRule): boolean =>
  Status === 'Enabled' && Destination?.Metrics?.Status === 'Enabled';

/** Longer under way than Replication Time Control allows, where the rule has it. */
export const isOverdue = ({ Destination }: ReplicationRule, { given }: Pick<Task, 'given'>, now: Date): boolean =>
  Destination?.ReplicationTime?.Status === 'Enabled' && now.getTime() - given >= THRESHOLD_MINUTES * 60_000;

export const replications: TaskHandler<Replication> = {
  kind: REPLICATE,
  principal: 's3.amazonaws.com',
  async settle(task, ctx) {
    const { replicate } = await import('./replicating.ts');
    await replicate(ctx, task);
    return undefined;
  },
  // What is away comes back: until then the version is PENDING.
  failed: async ({ attempt }) => pauseOf(attempt),
};

/** Of a bucket, by its name. */
export const replicationMetrics: TaskHandler<string> = {
  kind: MEASURE,
  principal: 's3.amazonaws.com',
  async settle({ body: bucket }, ctx) {
    const { measureReplication } = await import('./replicationMetrics.ts');
    return measureReplication(ctx, bucket);
  },
};
