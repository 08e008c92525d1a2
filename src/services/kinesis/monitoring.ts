/** EnableEnhancedMonitoring and DisableEnhancedMonitoring: which metrics each shard tells. */
import type {
  DisableEnhancedMonitoringInput,
  EnableEnhancedMonitoringInput,
  EnhancedMonitoringOutput,
  MetricsName,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { onStream } from './access.ts';
import { requireState } from './errors.ts';
import { WORK_MS } from './reshards.ts';
import { type Stream, streamArn, streams } from './streamRows.ts';

const ALL = [
  'IncomingBytes',
  'IncomingRecords',
  'OutgoingBytes',
  'OutgoingRecords',
  'WriteProvisionedThroughputExceeded',
  'ReadProvisionedThroughputExceeded',
  'IteratorAgeMilliseconds',
] as const;

type Desired = (current: readonly string[], named: ReadonlySet<string>) => readonly string[];

const operation = (desired: Desired) =>
  onStream<Present<EnableEnhancedMonitoringInput | DisableEnhancedMonitoringInput>, EnhancedMonitoringOutput>({
    run: ({ ShardLevelMetrics: names }, ctx, stream) =>
      change(ctx, stream, desired(stream.monitoring, new Set(names.includes('ALL') ? ALL : names))),
  }) as Operation<Present<EnableEnhancedMonitoringInput>, EnhancedMonitoringOutput, Stream>;

export const EnableEnhancedMonitoring = operation((current, named) =>
  ALL.filter((name) => current.includes(name) || named.has(name)),
);

export const DisableEnhancedMonitoring = operation((current, named) => current.filter((name) => !named.has(name)));

async function change(ctx: Context, stream: Stream, monitoring: readonly string[]): Promise<EnhancedMonitoringOutput> {
  requireState(stream, ctx.now, 'ACTIVE');
  await ctx.store.replace(streams, { ...stream, monitoring, busy: ctx.now.getTime() + WORK_MS });
  return {
    StreamName: stream.name,
    CurrentShardLevelMetrics: [...stream.monitoring] as MetricsName[],
    DesiredShardLevelMetrics: [...monitoring] as MetricsName[],
    StreamARN: streamArn(stream),
  };
}
