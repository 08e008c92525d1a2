/**
 * Vended logs on the last part of their way: all that a delivery is owed goes together, as far as one call takes it.
 * What is refused is tried again for a day.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { accountOf, parseArn } from '../../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../../core/context.ts';
import { putRecords } from '../../../core/deliveryStreams.ts';
import { eventBytes, logGroupName, writeLogEvents } from '../../../core/logWriting.ts';
import { type Again, type Task, tasks } from '../../../core/tasks.ts';
import {
  type DeliverySource,
  deliverySources,
  type Vended,
  type VendedDelivery,
  type VendedRecord,
  vendedDeliveries,
} from '../../../core/vendedLogs.ts';
import { assumedByService } from '../../../identity/serviceRoles.ts';
import { type DeliveryDestination, deliveryDestinations } from '../deliveryDestinations.ts';
import { LOG_DELIVERY, ROLE } from './grants.ts';
import { arnOf, SOURCE } from './names.ts';
import { DEFAULT_SUFFIX, suffixOf } from './paths.ts';
import { kindOf } from './sources.ts';

const TASKS_MAX = 500;
/** A batch of PutLogEvents, or of PutRecordBatch, has room for so much. */
const BYTES_MAX = 900_000;
const RECORDS_MAX = 500;

interface Load {
  readonly delivery: VendedDelivery;
  readonly source: DeliverySource;
  readonly destination: DeliveryDestination;
  readonly records: readonly VendedRecord[];
}

export async function deliverVended(task: Task<Vended>, ctx: Context): Promise<Again> {
  const { account, region, id } = task.body;
  const delivery = await ctx.store.get(vendedDeliveries, [account, region, id]);
  const source = delivery && (await ctx.store.get(deliverySources, [account, region, delivery.source]));
  const destination = delivery && (await destinationOf(ctx, delivery));
  if (!delivery || !source || !destination) return undefined;
  const { records, others } = await gathered(ctx, task);
  await WAYS[delivery.type](ctx, { delivery, source, destination, records: chosen(records, delivery) });
  for (const other of others) await ctx.store.remove(tasks, [other.kind, other.id]);
  return undefined;
}

function destinationOf(ctx: Context, { destination }: VendedDelivery) {
  const { account, region, resource } = parseArn(destination)!;
  return ctx.store.get(deliveryDestinations, [account, region, resource.slice('delivery-destination:'.length)]);
}

/** The task's records, and those of the tasks behind it that are due. */
async function gathered(ctx: Context, task: Task<Vended>) {
  const { rows } = await ctx.store.list(tasks, [task.lane!], { index: 'lane', limit: TASKS_MAX });
  const records = [...task.body.records];
  const others: Task[] = [];
  let bytes = sizeOf(records);
  for (const other of rows) {
    if (other.id === task.id) continue;
    const more = (other.body as Vended).records;
    bytes += sizeOf(more);
    const full = bytes > BYTES_MAX || records.length + more.length > RECORDS_MAX;
    if (other.due > ctx.now.getTime() || full) break;
    records.push(...more);
    others.push(other);
  }
  return { records, others };
}

const sizeOf = (records: readonly VendedRecord[]) => records.reduce((sum, { text }) => sum + eventBytes(text), 0);

/** Only the fields that the delivery asks for, in its order. */
function chosen(records: readonly VendedRecord[], { fields }: VendedDelivery): readonly VendedRecord[] {
  if (!fields || fields.length === 0) return records;
  return records.map(({ time, text }) => {
    const record = JSON.parse(text) as Record<string, unknown>;
    return { time, text: JSON.stringify(Object.fromEntries(fields.map((field) => [field, record[field]]))) };
  });
}

const WAYS: Readonly<Record<VendedDelivery['type'], (ctx: Context, load: Load) => Promise<void>>> = {
  CWL: toGroup,
  S3: toBucket,
  FH: toStream,
};

/** In the name of log delivery, on behalf of the source. */
const deliverer = ({ source }: Load): Caller =>
  servicePrincipal(LOG_DELIVERY, { arn: arnOf(source, SOURCE, source.name), account: source.account });

/** `default`, or the end of the resource's ARN. */
const resourceId = ({ source }: Load) => source.resource.slice(source.resource.indexOf('/') + 1).replaceAll('/', '-');

async function toGroup(ctx: Context, load: Load): Promise<void> {
  const arn = load.destination.resource ?? '';
  const stream = { logGroupName: logGroupName(arn), logStreamName: `${load.source.account}_${resourceId(load)}` };
  const logEvents = load.records.map(({ time: timestamp, text: message }) => ({ timestamp, message }));
  await writeLogEvents(ctx, { ...stream, logEvents }, deliverer(load), parseArn(arn)!.region);
}

const zipped = promisify(gzip);

async function toBucket(ctx: Context, load: Load): Promise<void> {
  const { delivery, source, destination, records } = load;
  const [Bucket = '', ...prefix] = (parseArn(destination.resource ?? '')?.resource ?? '').split('/');
  const { account, region } = source;
  const folder = kindOf(source.resource)?.folder ?? '';
  const time = ctx.now.getTime();
  const at = { account, region, resource: resourceId(load), time };
  const suffix = suffixOf(delivery.suffixPath ?? DEFAULT_SUFFIX, delivery.hive ?? false, at);
  const text = records.map((record) => `${record.text}\n`).join('');
  const minute = `${new Date(time).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
  const hash = createHash('sha256').update(`${delivery.id} ${minute} ${text}`).digest('hex').slice(0, 8);
  const name = [account, folder, region, resourceId(load), minute, hash].join('_');
  const where = [...prefix.filter(Boolean), 'AWSLogs', account, folder, ...(suffix ? [suffix] : [])].join('/');
  const Body = await zipped(text);
  const put = { Bucket, Key: `${where}/${name}.log.gz`, Body, ACL: 'bucket-owner-full-control' };
  await ctx.call('s3', 'PutObject', put, deliverer(load));
}

/** In the service-linked role of whoever has the stream. */
async function toStream(ctx: Context, load: Load): Promise<void> {
  const arn = load.destination.resource ?? '';
  const role = `arn:aws:iam::${accountOf(arn)}:role/aws-service-role/${LOG_DELIVERY}/${ROLE}`;
  const as = await assumedByService(ctx, role, servicePrincipal(LOG_DELIVERY), 'LogDelivery');
  const records = load.records.map(({ text }) => Buffer.from(`${text}\n`));
  await putRecords(ctx, arn, records, as);
}
