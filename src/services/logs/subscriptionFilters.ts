/**
 * Subscription filters send events to Kinesis, Firehose or Lambda. None of the three is on this plane, so no filter can
 * be made: a destination that does not take AWS's test message is refused, in AWS's words, and there never is one.
 */
import {
  AccessDeniedException,
  type DeleteDestinationRequest,
  type DeleteSubscriptionFilterRequest,
  type DescribeDestinationsRequest,
  type DescribeDestinationsResponse,
  type DescribeSubscriptionFiltersRequest,
  type DescribeSubscriptionFiltersResponse,
  InvalidParameterException,
  type PutDestinationPolicyRequest,
  type PutDestinationRequest,
  type PutDestinationResponse,
  type PutSubscriptionFilterRequest,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { type Arn, parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { onAccount, onGroup, requireStandard } from './access.ts';
import { filterPattern } from './patterns/index.ts';
import { tagConditions } from './tags.ts';

export const PutSubscriptionFilter = onGroup<Present<PutSubscriptionFilterRequest>, object>({
  async run(input, ctx, group) {
    requireStandard(group, 'Subscription filters');
    filterPattern(input.filterPattern);
    const arn = parseArn(input.destinationArn);
    if (!arn) fail(InvalidParameterException, 'Invalid destinationArn.');
    return (REFUSALS[arn.service] ?? unknownVendor)(input, arn, ctx);
  },
});

type Refusal = (input: Present<PutSubscriptionFilterRequest>, arn: Arn, ctx: Context) => never;

const unknownVendor: Refusal = (_input, { service }) =>
  fail(
    InvalidParameterException,
    `PutSubscriptionFilter operation cannot work with destinationArn for vendor ${service}`,
  );

const needsRole =
  (message: string): Refusal =>
  ({ roleArn }, { service }) => {
    if (roleArn === undefined) {
      fail(InvalidParameterException, `destinationArn for vendor ${service} cannot be used without roleArn`);
    }
    fail(InvalidParameterException, message);
  };

const REFUSALS: Readonly<Record<string, Refusal>> = {
  kinesis: needsRole(
    'Could not deliver test message to specified Kinesis stream. Check if the given kinesis stream is in ACTIVE state.',
  ),
  firehose: needsRole(
    'Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.',
  ),
  lambda(_input, { account }, ctx) {
    if (account !== ctx.account) {
      const message = 'Cross-account lambda invocation passing is not allowed.';
      const advice = 'You must use DestinationPolicies to create cross account lambda triggers.';
      fail(AccessDeniedException, `${message} ${advice}`);
    }
    const advice = 'Make sure you have given CloudWatch Logs permission to execute your function.';
    fail(InvalidParameterException, `Could not execute the lambda function. ${advice}`);
  },
  logs: () => noDestination(),
};

const noDestination = (): never => fail(ResourceNotFoundException, 'The specified destination does not exist.');

export const DeleteSubscriptionFilter = onGroup<Present<DeleteSubscriptionFilterRequest>, object>({
  async run() {
    fail(ResourceNotFoundException, 'The specified subscription filter does not exist.');
  },
});

export const DescribeSubscriptionFilters = onGroup<
  Present<DescribeSubscriptionFiltersRequest>,
  DescribeSubscriptionFiltersResponse
>({ run: async () => ({ subscriptionFilters: [] }) });

type Named = { readonly destinationName: string };

const onDestination = <In extends Named, Out>(
  run: (input: In, ctx: Context) => Promise<Out>,
  tags?: (input: In) => Record<string, string> | undefined,
): Operation<In, Out> => ({
  access: (input, ctx) => ({
    resource: `arn:aws:logs:${ctx.region}:${ctx.account}:destination:${input.destinationName}`,
    conditions: tagConditions(tags?.(input)),
  }),
  run,
});

export const PutDestination = onDestination<Present<PutDestinationRequest>, PutDestinationResponse>(
  async () => {
    const message = 'Could not deliver test message to specified destination. Check if the destination is valid.';
    fail(InvalidParameterException, message);
  },
  (input) => input.tags,
);

export const PutDestinationPolicy = onDestination<Present<PutDestinationPolicyRequest>, object>(async () =>
  noDestination(),
);

export const DeleteDestination = onDestination<Present<DeleteDestinationRequest>, object>(async () => noDestination());

export const DescribeDestinations = onAccount<DescribeDestinationsRequest, DescribeDestinationsResponse>(async () => ({
  destinations: [],
}));
