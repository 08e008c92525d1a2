/**
 * What CloudWatch is told of the rules that have metrics: each minute what waits, with every version whether it failed.
 * The same task notices what waits for longer than Replication Time Control allows.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-replication-metrics
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReplicationRule } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { type Sample, tellSamples } from '../../core/metrics.ts';
import { type Again, type Task, tasks } from '../../core/tasks.ts';
import { targetOf } from './access.ts';
import { type Bucket, buckets, findBucket } from './bucketRows.ts';
import { replicationEvent } from './replicationEvents.ts';
import { lanesOf } from './replicationOwed.ts';
import { isMeasured, isOverdue, MEASURE_EVERY_MS, type Replication } from './replicationTasks.ts';
import { findVersion } from './versionStore.ts';

interface Pending {
  bytes: number;
  operations: number;
  /** Milliseconds: when the oldest was owed. */
  since: number;
}

const PAGE = 500;

/** What waits in a bucket; again in the next minute, as long as a rule has metrics. */
export async function measureReplication(ctx: Context, name: string): Promise<Again> {
  const bucket = await findBucket(ctx, name);
  const target = bucket && (await targetOf(ctx, bucket));
  const measured = (target?.settings.replication?.Rules ?? []).filter(isMeasured);
  if (!bucket || measured.length === 0) return undefined;
  const now = ctx.now.getTime();
  const pending = new Map<string, Pending>();
  for await (const task of waiting(ctx, name)) {
    await noteOverdue(ctx, bucket, task, measured);
    const { size = 0, rules = [] } = task.body.tracked ?? {};
    for (const rule of rules) {
      const sum = pending.get(rule) ?? { bytes: 0, operations: 0, since: now };
      pending.set(rule, sum);
      sum.bytes += size;
      sum.operations++;
      sum.since = Math.min(sum.since, task.given);
    }
  }
  for (const rule of measured) await tellPending(ctx, bucket, rule, pending.get(rule.ID ?? ''));
  return MEASURE_EVERY_MS - (now % MEASURE_EVERY_MS);
}

/** There may be a great many: others have their turn between two pages, and what is done meanwhile changes nothing. */
async function* waiting({ store }: Context, bucket: string): AsyncGenerator<Task<Replication>> {
  const page = { index: 'lane', startsWith: lanesOf(bucket), limit: PAGE, unchecked: true } as const;
  let after: string | undefined;
  do {
    const { rows, next } = await store.list(tasks, [], { ...page, after });
    yield* rows as readonly Task<Replication>[];
    after = next;
    await nextTurn();
  } while (after !== undefined);
}

/** Tells once of what waits for too long. */
async function noteOverdue(
  ctx: Context,
  bucket: Bucket,
  task: Task<Replication>,
  rules: readonly ReplicationRule[],
): Promise<void> {
  const { tracked, key, version: id } = task.body;
  if (!tracked || tracked.missed) return;
  const overdue = rules.filter((rule) => tracked.rules.includes(rule.ID ?? '') && isOverdue(rule, task, ctx.now));
  const version = overdue.length > 0 ? await findVersion(ctx, bucket, key, id) : undefined;
  if (!version || !(await ctx.store.get(tasks, tasks.key(task)))) return;
  for (const rule of overdue) await replicationEvent(ctx, bucket, { kind: 'MissedThreshold', rule, version, task });
  await ctx.store.replace(tasks, { ...task, body: { ...task.body, tracked: { ...tracked, missed: true } } });
}

/** In the Region of the destination, as long as that is there. */
async function tellPending(ctx: Context, bucket: Bucket, rule: ReplicationRule, pending?: Pending): Promise<void> {
  const now = ctx.now.getTime();
  await tellThere(ctx, bucket, rule, [
    ['BytesPendingReplication', 'Bytes', pending?.bytes ?? 0],
    ['OperationsPendingReplication', 'Count', pending?.operations ?? 0],
    ['ReplicationLatency', 'Seconds', (now - (pending?.since ?? now)) / 1000],
  ]);
}

/** That a version was replicated by a rule, or was not. */
export async function tellOutcome(
  ctx: Context,
  bucket: Bucket,
  rule: ReplicationRule,
  task: Task<Replication>,
  failed: boolean,
): Promise<void> {
  const { account, region } = bucket;
  const samples = samplesOf(ctx, bucket, rule, [['OperationsFailedReplication', 'Count', failed ? 1 : 0]]);
  tellSamples(ctx, { account, region, samples });
  if (!task.body.tracked) return;
  const latency = (ctx.now.getTime() - task.given) / 1000;
  await tellThere(ctx, bucket, rule, [['ReplicationLatency', 'Seconds', latency]]);
}

type Point = readonly [name: string, unit: string, value: number];

const destinationOf = ({ Destination }: ReplicationRule) => (Destination?.Bucket ?? '').replace('arn:aws:s3:::', '');

async function tellThere(ctx: Context, bucket: Bucket, rule: ReplicationRule, points: readonly Point[]): Promise<void> {
  const there = await ctx.store.get(buckets, [destinationOf(rule)]);
  if (!there) return;
  tellSamples(ctx, { account: bucket.account, region: there.region, samples: samplesOf(ctx, bucket, rule, points) });
}

const samplesOf = ({ now }: Context, { name: source }: Bucket, rule: ReplicationRule, points: readonly Point[]) =>
  points.map(
    ([name, unit, value]): Sample => ({
      ...{ namespace: 'AWS/S3', name, unit, time: now.getTime(), values: [value] },
      dimensions: [
        ['SourceBucket', source],
        ['DestinationBucket', destinationOf(rule)],
        ['RuleId', rule.ID ?? ''],
      ],
    }),
  );
