/** Keeps events that come into a stream: as a row, sealed and indexed as the group says. */
import type { Context } from '../../core/context.ts';
import type { Sample } from '../../core/metrics.ts';
import { sealingKey } from './encryption.ts';
import { indexesOf } from './fieldIndexes.ts';
import { indexingOf } from './groupPolicies.ts';
import type { LogGroup } from './groupRows.ts';
import { type Events, keepSegment, type Segment, segmentOf } from './segments.ts';
import type { LogStream } from './streamRows.ts';
import { INCOMING_BYTES, NAMESPACE } from './usage.ts';

/** Events in time's order, at least one. */
export async function keepEvents(ctx: Context, group: LogGroup, stream: LogStream, events: Events): Promise<Segment> {
  const key = await sealingKey(ctx, group);
  const { fields = [] } = (await indexingOf(ctx, group)) ?? {};
  const indexes = indexesOf(group, fields, stream.name, events);
  const origin = { group: group.id, stream: stream.id, streamName: stream.name, key, indexes };
  const segment = segmentOf(ctx, origin, events);
  await keepSegment(ctx.store, segment);
  return segment.row;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html */
export function incoming({ now }: Context, group: LogGroup, { bytes, events }: Segment): Sample[] {
  const common = { namespace: NAMESPACE, dimensions: [['LogGroupName', group.name]] as const, time: now.getTime() };
  return [
    { ...common, name: INCOMING_BYTES, unit: 'Bytes', values: [bytes] },
    { ...common, name: 'IncomingLogEvents', unit: 'Count', values: [events] },
  ];
}
