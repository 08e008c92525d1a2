/**
 * Policies of event data stores: who of other accounts may query them.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_resource-based-policy-examples.html
 */
import {
  type DeleteResourcePolicyRequest,
  type DeleteResourcePolicyResponse,
  type GetResourcePolicyRequest,
  type GetResourcePolicyResponse,
  type PutResourcePolicyRequest,
  type PutResourcePolicyResponse,
  ResourceARNNotValidException,
  ResourceNotFoundException,
  ResourcePolicyNotFoundException,
  ResourcePolicyNotValidException,
  ResourceTypeNotSupportedException,
} from '@aws-sdk/client-cloudtrail';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { validatePolicy } from '../../policy/index.ts';
import { findStore, storeAccess } from './eventDataStoreNames.ts';
import { type EventDataStore, eventDataStores, storeArn } from './lakeRows.ts';

async function findGuarded(ctx: Context, arn: string): Promise<EventDataStore | Missing> {
  const { service, resource = '' } = parseArn(arn) ?? {};
  if (service !== 'cloudtrail') {
    return new Missing('*', awsError(ResourceARNNotValidException, `Invalid ARN: ${arn}`));
  }
  if (/^(trail|channel|dashboard)\//.test(resource)) {
    const sentence = `Resource type is not supported: ${arn}`;
    return new Missing(arn, awsError(ResourceTypeNotSupportedException, sentence));
  }
  const store = await findStore(ctx, arn);
  if (!(store instanceof Missing)) return store;
  return new Missing(store.resource, awsError(ResourceNotFoundException, `Resource not found: ${arn}`));
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutResourcePolicy.html */
export const PutResourcePolicy: Operation<
  Present<PutResourcePolicyRequest>,
  PutResourcePolicyResponse,
  EventDataStore
> = {
  load: (input, ctx) => findGuarded(ctx, input.ResourceArn),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  async run(input, ctx, store) {
    const fault = validatePolicy(input.ResourcePolicy, 'resource');
    if (fault !== undefined) fail(ResourcePolicyNotValidException, fault);
    await ctx.store.replace(eventDataStores, { ...store, policy: input.ResourcePolicy });
    return { ResourceArn: storeArn(store), ResourcePolicy: input.ResourcePolicy };
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetResourcePolicy.html */
export const GetResourcePolicy: Operation<
  Present<GetResourcePolicyRequest>,
  GetResourcePolicyResponse,
  EventDataStore
> = {
  load: (input, ctx) => findGuarded(ctx, input.ResourceArn),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  run: async (_input, _ctx, store) => ({ ResourceArn: storeArn(store), ResourcePolicy: policyOf(store) }),
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteResourcePolicy.html */
export const DeleteResourcePolicy: Operation<
  Present<DeleteResourcePolicyRequest>,
  DeleteResourcePolicyResponse,
  EventDataStore
> = {
  load: (input, ctx) => findGuarded(ctx, input.ResourceArn),
  access: (_input, ctx, store) => storeAccess(ctx, store),
  async run(_input, ctx, store) {
    policyOf(store);
    const { policy: _, ...rest } = store;
    await ctx.store.replace(eventDataStores, rest);
    return {};
  },
};

function policyOf(store: EventDataStore): string {
  if (store.policy !== undefined) return store.policy;
  fail(ResourcePolicyNotFoundException, `No resource policy is attached to ${storeArn(store)}.`);
}
