/**
 * Deliveries of services' logs. Destinations can be prepared; no service of this plane is a delivery source, so no
 * source and no delivery can be made, which is said in AWS's words for a service that it has no access to.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 */
import {
  type CreateDeliveryRequest,
  type CreateDeliveryResponse,
  type DeleteDeliveryDestinationPolicyRequest,
  type DeleteDeliveryDestinationRequest,
  type DeleteDeliveryRequest,
  type DeleteDeliverySourceRequest,
  type DeliveryDestinationType,
  type DeliveryDestination as DeliveryDestinationView,
  type DescribeConfigurationTemplatesRequest,
  type DescribeConfigurationTemplatesResponse,
  type DescribeDeliveriesRequest,
  type DescribeDeliveriesResponse,
  type DescribeDeliveryDestinationsRequest,
  type DescribeDeliveryDestinationsResponse,
  type DescribeDeliverySourcesRequest,
  type DescribeDeliverySourcesResponse,
  type GetDeliveryDestinationPolicyRequest,
  type GetDeliveryDestinationPolicyResponse,
  type GetDeliveryDestinationRequest,
  type GetDeliveryDestinationResponse,
  type GetDeliveryRequest,
  type GetDeliveryResponse,
  type GetDeliverySourceRequest,
  type GetDeliverySourceResponse,
  type PutDeliveryDestinationPolicyRequest,
  type PutDeliveryDestinationPolicyResponse,
  type PutDeliveryDestinationRequest,
  type PutDeliveryDestinationResponse,
  type PutDeliverySourceRequest,
  type PutDeliverySourceResponse,
  ResourceNotFoundException,
  type UpdateDeliveryConfigurationRequest,
  ValidationException,
} from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { validatePolicy } from '../../policy/index.ts';
import { onAccount } from './access.ts';
import { type DeliveryDestination, deliveryDestinations } from './deliveryDestinations.ts';
import { rowsPage } from './pages.ts';
import { acceptedTags, tagConditions, tagMap } from './tags.ts';

const arnOf = ({ account, region }: Pick<Context, 'account' | 'region'>, kind: string, name: string) =>
  `arn:aws:logs:${region}:${account}:${kind}:${name}`;

const DESTINATION = 'delivery-destination';
const absent = (what: string) => `Requested ${what} does not exist in this account.`;

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
    const type = TYPES[parseArn(resource ?? '')?.service ?? ''];
    if (!type) fail(ValidationException, 'This resource is not supported as a delivery destination.');
    if ((input.deliveryDestinationType ?? type) !== type) {
      fail(ValidationException, 'The delivery destination type does not match the destination resource.');
    }
    const before = await ctx.store.get(deliveryDestinations, [account, region, input.name]);
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

/** An operation about something of which there is none. */
const nothing = <In, Out>(kind: string, name: (input: In) => string, message: string): Operation<In, Out> => ({
  access: (input, ctx) => ({ resource: arnOf(ctx, kind, name(input)) }),
  run: async () => fail(ResourceNotFoundException, message),
});

const SOURCE = 'delivery-source';
const NO_SERVICE = 'Cannot access provided service.';

export const PutDeliverySource: Operation<Present<PutDeliverySourceRequest>, PutDeliverySourceResponse> = {
  access: (input, ctx) => ({
    resource: arnOf(ctx, SOURCE, input.name),
    conditions: { ...tagConditions(input.tags), 'logs:LogGeneratingResourceArns': [input.resourceArn] },
  }),
  run: async () => fail(ResourceNotFoundException, NO_SERVICE),
};

const noSource = absent('Delivery Source');
const noDelivery = absent('Delivery');

export const GetDeliverySource = nothing<Present<GetDeliverySourceRequest>, GetDeliverySourceResponse>(
  SOURCE,
  (input) => input.name,
  noSource,
);
export const DeleteDeliverySource = nothing<Present<DeleteDeliverySourceRequest>, object>(
  SOURCE,
  (input) => input.name,
  noSource,
);
export const CreateDelivery = nothing<Present<CreateDeliveryRequest>, CreateDeliveryResponse>(
  SOURCE,
  (input) => input.deliverySourceName,
  noSource,
);
export const GetDelivery = nothing<Present<GetDeliveryRequest>, GetDeliveryResponse>(
  'delivery',
  (input) => input.id,
  noDelivery,
);
export const DeleteDelivery = nothing<Present<DeleteDeliveryRequest>, object>(
  'delivery',
  (input) => input.id,
  noDelivery,
);

export const UpdateDeliveryConfiguration = nothing<Present<UpdateDeliveryConfigurationRequest>, object>(
  'delivery',
  (input) => input.id,
  noDelivery,
);

/** What a source's deliveries may be set to, of which there is nothing either. */
export const DescribeConfigurationTemplates = onAccount<
  DescribeConfigurationTemplatesRequest,
  DescribeConfigurationTemplatesResponse
>(async () => ({ configurationTemplates: [] }));

export const DescribeDeliverySources = onAccount<DescribeDeliverySourcesRequest, DescribeDeliverySourcesResponse>(
  async () => ({ deliverySources: [] }),
);
export const DescribeDeliveries = onAccount<DescribeDeliveriesRequest, DescribeDeliveriesResponse>(async () => ({
  deliveries: [],
}));
