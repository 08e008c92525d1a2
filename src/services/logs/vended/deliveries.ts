/** Deliveries: of one source to one destination. */
import {
  AccessDeniedException,
  ConflictException,
  type CreateDeliveryRequest,
  type CreateDeliveryResponse,
  type DeleteDeliveryRequest,
  type Delivery as DeliveryView,
  type DescribeDeliveriesRequest,
  type DescribeDeliveriesResponse,
  type GetDeliveryRequest,
  type GetDeliveryResponse,
  ResourceNotFoundException,
  type UpdateDeliveryConfigurationRequest,
  ValidationException,
} from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '../../../core/arn.ts';
import type { Context } from '../../../core/context.ts';
import { awsError, fail } from '../../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../../core/operation.ts';
import {
  type DeliverySource,
  deliverySources,
  type VendedDelivery,
  vendedDeliveries,
} from '../../../core/vendedLogs.ts';
import { onAccount } from '../access.ts';
import { type DeliveryDestination, deliveryDestinations } from '../deliveryDestinations.ts';
import { rowsPage } from '../pages.ts';
import { acceptedTags, tagConditions, tagMap } from '../tags.ts';
import { letIn } from './grants.ts';
import { absent, arnOf, DELIVERY, SOURCE } from './names.ts';
import { requireSuffix } from './paths.ts';
import { findSource, kindOf } from './sources.ts';

const deliveryArn = (row: Pick<VendedDelivery, 'account' | 'region' | 'id'>) => arnOf(row, DELIVERY, row.id);

interface Ends {
  readonly source: DeliverySource;
  readonly destination: DeliveryDestination;
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateDelivery.html */
export const CreateDelivery: Operation<Present<CreateDeliveryRequest>, CreateDeliveryResponse, Ends> = {
  async load(input, ctx) {
    const source = await findSource(ctx, input.deliverySourceName);
    if (source instanceof Missing) return source;
    const destination = await destinationOf(ctx, input.deliveryDestinationArn);
    if (destination) return { source, destination };
    const error = awsError(ResourceNotFoundException, absent('Delivery Destination'));
    return new Missing(input.deliveryDestinationArn, error);
  },
  access: (input, ctx, { source, destination }) => [
    {
      resource: arnOf(ctx, SOURCE, source.name),
      resourceTags: source.tags,
      conditions: tagConditions(input.tags),
    },
    {
      resource: input.deliveryDestinationArn,
      resourceTags: destination.tags,
      resourceAccount: destination.account,
      ...(destination.account !== ctx.account && { resourcePolicy: destination.policy }),
    },
  ],
  async run(input, ctx, { source, destination }) {
    const { account, region } = ctx;
    if (destination.region !== region) fail(ValidationException, 'The delivery destination is in another Region.');
    if (destination.format !== undefined && destination.format !== 'json') {
      fail(ValidationException, `The output format ${destination.format} is not supported by the delivery source.`);
    }
    const { rows } = await ctx.store.list(vendedDeliveries, [account, region, source.name], PAGE);
    if (rows.some((row) => row.destination === input.deliveryDestinationArn)) {
      fail(ConflictException, 'Delivery already exists for this delivery source and delivery destination.');
    }
    const id = Buffer.from(ctx.random(12)).toString('base64url').replaceAll(/[-_]/g, '0');
    const row = configured(
      {
        ...{ account, region, id, source: source.name, destination: input.deliveryDestinationArn },
        type: typeOf(destination),
        tags: acceptedTags([], input.tags),
      },
      source,
      input,
    );
    await letIn(ctx, destination);
    await ctx.store.replace(vendedDeliveries, row);
    return { delivery: view(row) };
  },
};

const PAGE = { index: 'source', limit: 100 } as const;

function typeOf({ type }: DeliveryDestination): VendedDelivery['type'] {
  if (type === 'XRAY') fail(AccessDeniedException, 'Cannot access provided service.');
  return type;
}

async function destinationOf(ctx: Context, text: string): Promise<DeliveryDestination | undefined> {
  const arn = parseArn(text);
  const name = /^delivery-destination:(.+)$/.exec(arn?.resource ?? '')?.[1];
  return arn && name ? ctx.store.get(deliveryDestinations, [arn.account, arn.region, name]) : undefined;
}

type Settings = Pick<CreateDeliveryRequest, 'recordFields' | 'fieldDelimiter' | 's3DeliveryConfiguration'>;

/** A delivery with what is given over what it has. */
function configured(row: VendedDelivery, source: DeliverySource, input: Settings): VendedDelivery {
  const { fields = [] } = kindOf(source.resource) ?? {};
  const unknown = input.recordFields?.find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    fail(ValidationException, `The record field ${unknown} is not valid. Valid fields: ${fields.join(', ')}.`);
  }
  if (input.fieldDelimiter) fail(ValidationException, 'Records in JSON have no field delimiter.');
  const { suffixPath, enableHiveCompatiblePath: hive } = input.s3DeliveryConfiguration ?? {};
  if (input.s3DeliveryConfiguration && row.type !== 'S3') {
    fail(ValidationException, 's3DeliveryConfiguration is valid for a delivery to Amazon S3 only.');
  }
  if (suffixPath !== undefined) requireSuffix(suffixPath);
  return {
    ...row,
    ...(input.recordFields && { fields: input.recordFields }),
    ...(suffixPath !== undefined && { suffixPath }),
    ...(hive !== undefined && { hive }),
  };
}

const view = (row: VendedDelivery): DeliveryView => ({
  id: row.id,
  arn: deliveryArn(row),
  deliverySourceName: row.source,
  deliveryDestinationArn: row.destination,
  deliveryDestinationType: row.type,
  ...(row.fields && { recordFields: [...row.fields] }),
  ...((row.suffixPath !== undefined || row.hive !== undefined) && {
    s3DeliveryConfiguration: { suffixPath: row.suffixPath, enableHiveCompatiblePath: row.hive },
  }),
  tags: tagMap(row.tags),
});

const onDelivery = <In extends { id: string }, Out>(
  run: (input: In, ctx: Context, row: VendedDelivery) => Promise<Out>,
): Operation<In, Out, VendedDelivery> => ({
  async load(input, ctx) {
    const row = await ctx.store.get(vendedDeliveries, [ctx.account, ctx.region, input.id]);
    const error = () => awsError(ResourceNotFoundException, absent('Delivery'));
    return row ?? new Missing(arnOf(ctx, DELIVERY, input.id), error());
  },
  access: (_input, _ctx, row) => ({ resource: deliveryArn(row), resourceTags: row.tags }),
  run,
});

export const GetDelivery = onDelivery<Present<GetDeliveryRequest>, GetDeliveryResponse>(async (_input, _ctx, row) => ({
  delivery: view(row),
}));

export const DeleteDelivery = onDelivery<Present<DeleteDeliveryRequest>, object>(async (_input, ctx, row) => {
  await ctx.store.remove(vendedDeliveries, vendedDeliveries.key(row));
  return {};
});

export const UpdateDeliveryConfiguration = onDelivery<Present<UpdateDeliveryConfigurationRequest>, object>(
  async (input, ctx, row) => {
    const source = await ctx.store.get(deliverySources, [row.account, row.region, row.source]);
    if (source) await ctx.store.replace(vendedDeliveries, configured(row, source, input));
    return {};
  },
);

export const DescribeDeliveries = onAccount<DescribeDeliveriesRequest, DescribeDeliveriesResponse>(
  async (input, ctx) => {
    const { rows, page } = await rowsPage(ctx, vendedDeliveries, [ctx.account, ctx.region], input);
    return { deliveries: rows.map(view), ...page };
  },
);
