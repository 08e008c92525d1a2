/**
 * Vended logs on the last part of their way: all that a delivery is owed goes together, as far as one call takes it.
 * What is refused is tried again for a day.
 */
import { parseArn } from '../../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../../core/context.ts';
import { type Again, type Task, tasks } from '../../../core/tasks.ts';
import {
  type DeliverySource,
  deliverySources,
  type Vended,
  type VendedDelivery,
  type VendedRecord,
  vendedDeliveries,
} from '../../../core/vendedLogs.ts';
import { type DeliveryDestination, deliveryDestinations } from '../deliveryDestinations.ts';
import { gathered } from './gathering.ts';
import { LOG_DELIVERY } from './grants.ts';
import { arnOf, SOURCE } from './names.ts';
import { DEFAULT_SUFFIX, suffixOf } from './paths.ts';
import { kindOf } from './sources.ts';
import { toBucket, toGroup, toStream } from './writing.ts';

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

/** Only the fields that the delivery asks for, in its order. */
function chosen(records: readonly VendedRecord[], { fields }: VendedDelivery): readonly VendedRecord[] {
  if (!fields || fields.length === 0) return records;
  return records.map(({ time, text }) => {
    const record = JSON.parse(text) as Record<string, unknown>;
    return { time, text: JSON.stringify(Object.fromEntries(fields.map((field) => [field, record[field]]))) };
  });
}

const WAYS: Readonly<Record<VendedDelivery['type'], (ctx: Context, load: Load) => Promise<void>>> = {
  CWL: intoGroup,
  S3: intoBucket,
  FH: intoStream,
};

/** In the name of log delivery, on behalf of the source. */
const deliverer = ({ source }: Load): Caller =>
  servicePrincipal(LOG_DELIVERY, { arn: arnOf(source, SOURCE, source.name), account: source.account });

/** `default`, or the end of the resource's ARN. */
const resourceId = ({ source }: Load) => source.resource.slice(source.resource.indexOf('/') + 1).replaceAll('/', '-');

async function intoGroup(ctx: Context, load: Load): Promise<void> {
  const { destination, source, records } = load;
  const stream = `${source.account}_${resourceId(load)}`;
  await toGroup(ctx, { arn: destination.resource ?? '', stream, records }, deliverer(load));
}

async function intoBucket(ctx: Context, load: Load): Promise<void> {
  const { delivery, source, destination, records } = load;
  const { account, region } = source;
  const kind = kindOf(source.resource)?.folder ?? '';
  const at = { account, region, resource: resourceId(load), time: ctx.now.getTime() };
  const suffix = suffixOf(delivery.suffixPath ?? DEFAULT_SUFFIX, delivery.hive ?? false, at);
  const folder = ['AWSLogs', account, kind, ...(suffix ? [suffix] : [])].join('/');
  const file = [account, kind, region, resourceId(load)].join('_');
  await toBucket(ctx, { arn: destination.resource ?? '', folder, file, id: delivery.id, records }, deliverer(load));
}

async function intoStream(ctx: Context, { destination, records }: Load): Promise<void> {
  await toStream(ctx, { arn: destination.resource ?? '', records });
}
