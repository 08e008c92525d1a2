/**
 * Policies of event data stores, channels and dashboards: who of other accounts, and CloudTrail itself, may use them.
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
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { guardedChannel } from './channels.ts';
import { guardedDashboard } from './dashboardNames.ts';
import { guardedStore } from './eventDataStoreNames.ts';
import { type Guarded, inForce, policyFault } from './resourcePolicyRules.ts';

type Find = (ctx: Context, arn: string) => Promise<Guarded | Missing>;

const KINDS: Readonly<Record<string, Find>> = {
  eventdatastore: guardedStore,
  channel: guardedChannel,
  dashboard: guardedDashboard,
};

async function findGuarded(ctx: Context, arn: string): Promise<Guarded | Missing> {
  const { service, resource = '' } = parseArn(arn) ?? {};
  if (service !== 'cloudtrail') {
    return new Missing('*', awsError(ResourceARNNotValidException, `Invalid ARN: ${arn}`));
  }
  const find = KINDS[resource.split('/')[0] ?? ''];
  if (!find) {
    const sentence = `Resource type is not supported: ${arn}`;
    return new Missing(arn, awsError(ResourceTypeNotSupportedException, sentence));
  }
  const found = await find(ctx, arn);
  if (!(found instanceof Missing)) return found;
  return new Missing(found.resource, awsError(ResourceNotFoundException, `Resource not found: ${arn}`));
}

const access = (_input: unknown, _ctx: Context, guarded: Guarded): Access => guarded.access;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutResourcePolicy.html */
export const PutResourcePolicy: Operation<Present<PutResourcePolicyRequest>, PutResourcePolicyResponse, Guarded> = {
  load: (input, ctx) => findGuarded(ctx, input.ResourceArn),
  access,
  async run({ ResourcePolicy: text }, _ctx, guarded) {
    const fault = policyFault(text, guarded);
    if (fault !== undefined) fail(ResourcePolicyNotValidException, fault);
    await guarded.write({ policy: text, policyInForce: inForce(text, guarded) });
    return { ResourceArn: guarded.arn, ResourcePolicy: text, ...standingOf(guarded) };
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetResourcePolicy.html */
export const GetResourcePolicy: Operation<Present<GetResourcePolicyRequest>, GetResourcePolicyResponse, Guarded> = {
  load: (input, ctx) => findGuarded(ctx, input.ResourceArn),
  access,
  async run(_input, _ctx, guarded) {
    const { arn, policy, standing } = guarded;
    if (policy === undefined && standing !== undefined) return { ResourceArn: arn, ...standingOf(guarded) };
    return { ResourceArn: arn, ResourcePolicy: policyOf(guarded), ...standingOf(guarded) };
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteResourcePolicy.html */
export const DeleteResourcePolicy: Operation<
  Present<DeleteResourcePolicyRequest>,
  DeleteResourcePolicyResponse,
  Guarded
> = {
  load: (input, ctx) => findGuarded(ctx, input.ResourceArn),
  access,
  async run(_input, _ctx, guarded) {
    policyOf(guarded);
    await guarded.write({});
    return {};
  },
};

const standingOf = ({ standing }: Guarded) =>
  standing === undefined ? {} : { DelegatedAdminResourcePolicy: standing };

function policyOf({ arn, policy }: Guarded): string {
  if (policy !== undefined) return policy;
  fail(ResourcePolicyNotFoundException, `No resource policy is attached to ${arn}.`);
}
