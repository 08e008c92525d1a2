/** What follows a request to an endpoint: done, tried again, or into the bucket for what failed. */
import type { Context } from '../../core/context.ts';
import { nextLook } from '../../core/slowness.ts';
import { type Again, putOff, type Task } from '../../core/tasks.ts';
import type { Outcome } from './endpoint.ts';
import { tellLog } from './errorLogs.ts';
import { tell } from './measures.ts';
import { putFailed } from './objects.ts';
import { dropShipment, type Owed, type Shipment, shipments, shippedRecords } from './shipments.ts';
import { type Stream, streamWithId } from './streamRows.ts';

type Failed = Extract<Outcome, { delivered: false }>;

export async function settlePost(task: Task<Owed>, ctx: Context, outcome: Outcome | undefined): Promise<Again> {
  const stream = await streamWithId(ctx.store, task.body.stream);
  const shipment = await ctx.store.get(shipments, [task.body.stream, task.body.id]);
  if (!stream || !shipment || !outcome) {
    await dropShipment(ctx.store, task.body);
    return undefined;
  }
  const again = outcome.delivered || outcome.final ? undefined : pauseFor(task, ctx, stream);
  const isUntried = !outcome.delivered && outcome.untried;
  if (isUntried && again !== undefined) return putOff(ctx.store, task, nextLook(task, ctx.now));
  measured(ctx, stream, shipment, outcome);
  if (!outcome.delivered) {
    await told(ctx, stream, outcome);
    if (again !== undefined) return again;
    if (!outcome.final) await setAside(ctx, stream, shipment, outcome, task.attempt + 1);
  }
  await dropShipment(ctx.store, shipment);
  return undefined;
}

const FIRST_PAUSE_MS = 1_000;
const PAUSE_MS_MAX = 120_000;

/** Undefined when the time for trying is over. */
function pauseFor({ attempt, given }: Task<Owed>, ctx: Context, stream: Stream): number | undefined {
  const whole = Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 12));
  const pause = whole * (0.85 + (0.3 * ctx.random(1)[0]!) / 255);
  const { settings } = stream.destination;
  const { DurationInSeconds = 300 } = ('RetryOptions' in settings ? settings.RetryOptions : undefined) ?? {};
  return ctx.now.getTime() + pause - given <= DurationInSeconds * 1000 ? pause : undefined;
}

async function setAside(ctx: Context, stream: Stream, shipment: Shipment, outcome: Failed, attempts: number) {
  if (stream.destination.kind !== 'http') return;
  const records = await shippedRecords(ctx, shipment);
  const { code, message } = outcome;
  const failed = records.map((record) => ({ ...record, type: 'http-endpoint-failed' as const, code, message }));
  await putFailed(ctx, stream, stream.destination.backup, failed, attempts);
}

async function told(ctx: Context, stream: Stream, { code, message }: Failed): Promise<void> {
  if (stream.destination.kind !== 'http') return;
  const { settings, backup } = stream.destination;
  const log = { options: settings.CloudWatchLoggingOptions, role: settings.RoleARN ?? backup.RoleARN! };
  const destination = settings.EndpointConfiguration?.Url ?? '';
  await tellLog(ctx, stream, log, { destination, code, message });
}

function measured(ctx: Context, stream: Stream, shipment: Shipment, { delivered }: Outcome): void {
  const way = 'DeliveryToHttpEndpoint';
  const { records, bytes, at } = shipment;
  tell(ctx, stream, [
    { name: `${way}.Success`, value: delivered ? 1 : 0, unit: 'Count' },
    { name: `${way}.DataFreshness`, value: Math.max(0, ctx.now.getTime() - at) / 1000, unit: 'Seconds' },
    ...(delivered
      ? [
          { name: `${way}.Records`, value: records, unit: 'Count' },
          { name: `${way}.Bytes`, value: bytes, unit: 'Bytes' },
          { name: `${way}.ProcessedRecords`, value: records, unit: 'Count' },
          { name: `${way}.ProcessedBytes`, value: bytes, unit: 'Bytes' },
        ]
      : []),
  ]);
}
