/**
 * Destinations: what other accounts may send events to. Each leads to a stream, in a role of its account.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CreateDestination.html
 */
import {
  type DeleteDestinationRequest,
  type DescribeDestinationsRequest,
  type DescribeDestinationsResponse,
  type Destination as DestinationView,
  InvalidParameterException,
  type PutDestinationPolicyRequest,
  type PutDestinationRequest,
  type PutDestinationResponse,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { awsError, fail } from '../../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../../core/operation.ts';
import { validatePolicy } from '../../../policy/index.ts';
import { onAccount } from '../access.ts';
import { rowsPage } from '../pages.ts';
import { acceptedTags, tagConditions } from '../tags.ts';
import { type Destination, destinationArn, destinations } from './rows.ts';
import { requireTarget, roleAccess } from './trial.ts';

const POLICY_BYTES_MAX = 5_120;

type Named = { readonly destinationName: string };

const keyOf = (ctx: Context, { destinationName }: Named) => [ctx.account, ctx.region, destinationName] as const;
const arnOf = ({ account, region }: Context, { destinationName: name }: Named) =>
  destinationArn({ account, region, name });

export const PutDestination: Operation<
  Present<PutDestinationRequest>,
  PutDestinationResponse,
  { readonly before: Destination | undefined }
> = {
  load: async (input, ctx) => ({ before: await ctx.store.get(destinations, keyOf(ctx, input)) }),
  access: (input, ctx, { before }) => [
    { resource: arnOf(ctx, input), resourceTags: before?.tags, conditions: tagConditions(input.tags) },
    ...roleAccess(ctx, input.roleArn),
  ],
  async run(input, ctx, { before }) {
    const { account, region } = ctx;
    const { destinationName: name, targetArn: target, roleArn: role } = input;
    const tags = acceptedTags(before?.tags ?? [], input.tags);
    await requireTarget(ctx, target, role, { arn: arnOf(ctx, input), account });
    const created = before?.created ?? ctx.now.getTime();
    const row: Destination = { account, region, name, target, role, policy: before?.policy, tags, created };
    await ctx.store.replace(destinations, row);
    return { destination: view(row) };
  },
};

const view = (row: Destination): DestinationView => ({
  destinationName: row.name,
  targetArn: row.target,
  roleArn: row.role,
  accessPolicy: row.policy,
  arn: destinationArn(row),
  creationTime: row.created,
});

const onDestination = <In extends Named>(
  run: (input: In, ctx: Context, row: Destination) => Promise<object>,
): Operation<In, object, Destination> => ({
  async load(input, ctx) {
    const row = await ctx.store.get(destinations, keyOf(ctx, input));
    const message = 'The specified destination does not exist.';
    return row ?? new Missing(arnOf(ctx, input), awsError(ResourceNotFoundException, message));
  },
  access: (_input, _ctx, row) => ({ resource: destinationArn(row), resourceTags: row.tags }),
  run,
});

export const PutDestinationPolicy = onDestination<Present<PutDestinationPolicyRequest>>(
  async ({ accessPolicy: policy }, ctx, row) => {
    if (Buffer.byteLength(policy) > POLICY_BYTES_MAX) {
      fail(InvalidParameterException, `The access policy must be at most ${POLICY_BYTES_MAX} bytes long.`);
    }
    const fault = validatePolicy(policy, 'resource');
    if (fault !== undefined) fail(InvalidParameterException, fault);
    await ctx.store.replace(destinations, { ...row, policy });
    return {};
  },
);

/** Filters that lead there stay, and lead nowhere. */
export const DeleteDestination = onDestination<Present<DeleteDestinationRequest>>(async (_input, ctx, row) => {
  await ctx.store.remove(destinations, destinations.key(row));
  return {};
});

export const DescribeDestinations = onAccount<DescribeDestinationsRequest, DescribeDestinationsResponse>(
  async (input, ctx) => {
    const page = { startsWith: input.DestinationNamePrefix };
    const found = await rowsPage(ctx, destinations, [ctx.account, ctx.region], input, page);
    return { destinations: found.rows.map(view), ...found.page };
  },
);
