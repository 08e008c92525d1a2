/**
 * Delivery destinations: where vended logs may be sent. Sources and deliveries are in vended/.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 */
import {
  ConflictException,
  type DeleteDeliveryDestinationPolicyRequest,
  type DeleteDeliveryDestinationRequest,
  type DeliveryDestinationType,
  type DeliveryDestination as DeliveryDestinationView,
  type DescribeDeliveryDestinationsRequest,
  type DescribeDeliveryDestinationsResponse,
  type GetDeliveryDestinationPolicyRequest,
  type GetDeliveryDestinationPolicyResponse,
  type GetDeliveryDestinationRequest,
  type GetDeliveryDestinationResponse,
  type PutDeliveryDestinationPolicyRequest,
  type PutDeliveryDestinationPolicyResponse,
  type PutDeliveryDestinationRequest,
  type PutDeliveryDestinationResponse,
  ResourceNotFoundException,
  ValidationException,
} from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { vendedDeliveries } from '../../core/vendedLogs.ts';
import { validatePolicy } from '../../policy/index.ts';
import { onAccount } from './access.ts';
import { type DeliveryDestination, deliveryDestinations } from './deliveryDestinations.ts';
import { rowsPage } from './pages.ts';
import { acceptedTags, tagConditions, tagMap } from './tags.ts';
import { absent, arnOf, DESTINATION } from './vended/names.ts';

const TYPES: Readonly<Record<string, DeliveryDestinationType>> = { s3: 'S3', logs: 'CWL', firehose: 'FH' };

export const PutDeliveryDestination: Operation<
  Present<PutDeliveryDestinationRequest>,
  PutDeliveryDestinationResponse
> = {
  access: (input, ctx) => ({
    resource: arnOf(ctx, DESTINATION, input.name),
    conditions: {
      ...tagConditions(input.tags),
      'logs:DeliveryDestinationResourceArn': input.deliveryDestinationConfiguration?.destinationResourceArn,
    },
  }),
  async run(input, ctx) {
    const { account, region } = ctx;
    const resource = input.deliveryDestinationConfiguration?.destinationResourceArn;
    const arn = parseArn(resource ?? '');
    const type = TYPES[arn?.service ?? ''];
    // A stream has no policy that could let another account's destination in.
    if (!type || (type === 'FH' && arn?.account !== account))
      fail(ValidationException, 'This resource is not supported as a delivery destination.');
    if ((input.deliveryDestinationType ?? type) !== type) {
      fail(ValidationException, 'The delivery destination type does not match the destination resource.');
    }
    const before = await ctx.store.get(deliveryDestinations, [account, region, input.name]);
    if (before && before.resource !== resource) await requireUnused(ctx, before);
    const row: DeliveryDestination = {
      account,
      region,
      name: input.name,
      type,
      resource,
      format: input.outputFormat,
      role: input.roleArn,
      policy: before?.policy,
      tags: acceptedTags(before?.tags ?? [], input.tags),
    };
    await ctx.store.replace(deliveryDestinations, row);
    return { deliveryDestination: view(row) };
  },
};

async function requireUnused(ctx: Context, row: DeliveryDestination): Promise<void> {
  if ((await ctx.store.count(vendedDeliveries, [arnOf(row, DESTINATION, row.name)], 'destination')) === 0) return;
  fail(ConflictException, 'The delivery destination has deliveries. Delete them first.');
}

const view = (row: DeliveryDestination): DeliveryDestinationView => ({
  name: row.name,
  arn: arnOf(row, DESTINATION, row.name),
  deliveryDestinationType: row.type,
  outputFormat: row.format,
  deliveryDestinationConfiguration: { destinationResourceArn: row.resource },
  roleArn: row.role,
  tags: tagMap(row.tags),
});

function onDestination<In, Out>(
  name: (input: In) => string,
  run: (input: In, ctx: Context, row: DeliveryDestination) => Promise<Out>,
): Operation<In, Out, DeliveryDestination> {
  return {
    async load(input, ctx) {
      const row = await ctx.store.get(deliveryDestinations, [ctx.account, ctx.region, name(input)]);
      const error = () => awsError(ResourceNotFoundException, absent('Delivery Destination'));
      return row ?? new Missing(arnOf(ctx, DESTINATION, name(input)), error());
    },
    access: (_input, _ctx, row) => ({ resource: arnOf(row, DESTINATION, row.name), resourceTags: row.tags }),
    run,
  };
}

export const GetDeliveryDestination = onDestination<
  Present<GetDeliveryDestinationRequest>,
  GetDeliveryDestinationResponse
>(
  (input) => input.name,
  async (_input, _ctx, row) => ({ deliveryDestination: view(row) }),
);

export const DeleteDeliveryDestination = onDestination<Present<DeleteDeliveryDestinationRequest>, object>(
  (input) => input.name,
  async (_input, ctx, row) => {
    await requireUnused(ctx, row);
    await ctx.store.remove(deliveryDestinations, deliveryDestinations.key(row));
    return {};
  },
);

export const DescribeDeliveryDestinations = onAccount<
  DescribeDeliveryDestinationsRequest,
  DescribeDeliveryDestinationsResponse
>(async (input, ctx) => {
  const { rows, page } = await rowsPage(ctx, deliveryDestinations, [ctx.account, ctx.region], input);
  return { deliveryDestinations: rows.map(view), ...page };
});

export const PutDeliveryDestinationPolicy = onDestination<
  Present<PutDeliveryDestinationPolicyRequest>,
  PutDeliveryDestinationPolicyResponse
>(
  (input) => input.deliveryDestinationName,
  async ({ deliveryDestinationPolicy: policy }, ctx, row) => {
    const fault = validatePolicy(policy, 'resource');
    if (fault !== undefined) fail(ValidationException, fault);
    await ctx.store.replace(deliveryDestinations, { ...row, policy });
    return { policy: { deliveryDestinationPolicy: policy } };
  },
);

export const GetDeliveryDestinationPolicy = onDestination<
  Present<GetDeliveryDestinationPolicyRequest>,
  GetDeliveryDestinationPolicyResponse
>(
  (input) => input.deliveryDestinationName,
  async (_input, _ctx, { policy }) => (policy === undefined ? {} : { policy: { deliveryDestinationPolicy: policy } }),
);

export const DeleteDeliveryDestinationPolicy = onDestination<Present<DeleteDeliveryDestinationPolicyRequest>, object>(
  (input) => input.deliveryDestinationName,
  async (_input, ctx, { policy: _, ...rest }) => {
    await ctx.store.replace(deliveryDestinations, rest);
    return {};
  },
);
