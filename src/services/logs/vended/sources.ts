/** Delivery sources: resources of services that write vended logs. */
import {
  ConflictException,
  type DeleteDeliverySourceRequest,
  type DeliverySource as DeliverySourceView,
  type DescribeDeliverySourcesRequest,
  type DescribeDeliverySourcesResponse,
  type GetDeliverySourceRequest,
  type GetDeliverySourceResponse,
  type PutDeliverySourceRequest,
  type PutDeliverySourceResponse,
  ResourceNotFoundException,
  ValidationException,
} from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '../../../core/arn.ts';
import type { Context } from '../../../core/context.ts';
import { awsError, fail } from '../../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../../core/operation.ts';
import {
  type DeliverySource,
  deliverySources,
  LOG_SOURCE_KINDS,
  type LogSourceKind,
  vendedDeliveries,
} from '../../../core/vendedLogs.ts';
import { findResource } from '../../../posture/inventory.ts';
import { onAccount } from '../access.ts';
import { rowsPage } from '../pages.ts';
import { acceptedTags, tagConditions, tagMap } from '../tags.ts';
import { absent, arnOf, SOURCE } from './names.ts';

const sourceArn = (source: Pick<DeliverySource, 'account' | 'region' | 'name'>) => arnOf(source, SOURCE, source.name);

export const kindOf = (resource: string): LogSourceKind | undefined =>
  LOG_SOURCE_KINDS.find(({ arn }) => arn.test(resource));

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDeliverySource.html */
export const PutDeliverySource: Operation<Present<PutDeliverySourceRequest>, PutDeliverySourceResponse> = {
  access: (input, ctx) => {
    const conditions = { ...tagConditions(input.tags), 'logs:LogGeneratingResourceArns': [input.resourceArn] };
    return { resource: arnOf(ctx, SOURCE, input.name), conditions };
  },
  async run(input, ctx) {
    const { name, resourceArn: resource, logType } = input;
    const kind = kindOf(resource);
    if (!kind) fail(ResourceNotFoundException, 'Cannot access provided service.');
    await requireResource(ctx, kind, resource);
    if (!kind.logTypes.includes(logType)) {
      fail(ValidationException, `The log type ${logType} is not valid. Valid log types: ${kind.logTypes.join(', ')}.`);
    }
    if (Object.keys(input.deliverySourceConfiguration ?? {}).length > 0) {
      fail(ValidationException, 'This log type takes no delivery source configuration.');
    }
    const page = { index: 'resource', limit: 10 };
    const { rows } = await ctx.store.list(deliverySources, [resource, logType], page);
    if (rows.some((row) => row.name !== name)) {
      fail(ConflictException, 'A delivery source of this resource and log type already exists.');
    }
    const { account, region } = ctx;
    const before = await ctx.store.get(deliverySources, [account, region, name]);
    const tags = acceptedTags(before?.tags ?? [], input.tags);
    const row: DeliverySource = { account, region, name, resource, logType, tags };
    await ctx.store.replace(deliverySources, row);
    return { deliverySource: view(row) };
  },
};

/** It is there, in the caller's account and Region, and the caller may have its logs delivered. */
async function requireResource(ctx: Context, kind: LogSourceKind, resource: string): Promise<void> {
  await ctx.permit(kind.action, { resource });
  const arn = parseArn(resource);
  const own = arn?.account === ctx.account && arn.region === ctx.region;
  const there = resource.endsWith(':event-bus/default') || (await findResource(ctx.store, resource));
  if (!own || !there) fail(ResourceNotFoundException, `The resource ${resource} does not exist.`);
}

const view = (row: DeliverySource): DeliverySourceView => ({
  name: row.name,
  arn: sourceArn(row),
  resourceArns: [row.resource],
  service: kindOf(row.resource)?.service,
  logType: row.logType,
  tags: tagMap(row.tags),
});

const onSource = <In extends { name: string }, Out>(
  run: (input: In, ctx: Context, row: DeliverySource) => Promise<Out>,
): Operation<In, Out, DeliverySource> => ({
  load: (input, ctx) => findSource(ctx, input.name),
  access: (_input, _ctx, row) => ({ resource: sourceArn(row), resourceTags: row.tags }),
  run,
});

export async function findSource(ctx: Context, name: string): Promise<DeliverySource | Missing> {
  const row = await ctx.store.get(deliverySources, [ctx.account, ctx.region, name]);
  return row ?? new Missing(arnOf(ctx, SOURCE, name), awsError(ResourceNotFoundException, absent('Delivery Source')));
}

export const GetDeliverySource = onSource<Present<GetDeliverySourceRequest>, GetDeliverySourceResponse>(
  async (_input, _ctx, row) => ({ deliverySource: view(row) }),
);

export const DeleteDeliverySource = onSource<Present<DeleteDeliverySourceRequest>, object>(async (_input, ctx, row) => {
  if ((await ctx.store.count(vendedDeliveries, [row.account, row.region, row.name], 'source')) > 0) {
    fail(ConflictException, 'The delivery source has deliveries. Delete them first.');
  }
  await ctx.store.remove(deliverySources, deliverySources.key(row));
  return {};
});

export const DescribeDeliverySources = onAccount<DescribeDeliverySourcesRequest, DescribeDeliverySourcesResponse>(
  async (input, ctx) => {
    const { rows, page } = await rowsPage(ctx, deliverySources, [ctx.account, ctx.region], input);
    return { deliverySources: rows.map(view), ...page };
  },
);
