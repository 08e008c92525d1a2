/**
 * Policies of access points: they permit what the bucket's own policy permits too.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
 */
import type {
  DeleteAccessPointPolicyRequest,
  GetAccessPointPolicyRequest,
  GetAccessPointPolicyResult,
  GetAccessPointPolicyStatusRequest,
  GetAccessPointPolicyStatusResult,
  PutAccessPointPolicyRequest,
} from '@aws-sdk/client-s3-control';
import { CommonError } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { type AccessPoint, accessPointArn, accessPoints } from '../../identity/accessPoints.ts';
import { showPrincipals } from '../../identity/principalBinding.ts';
import { onPoint } from './accessPoints.ts';

interface Asked {
  readonly AccountId?: string | undefined;
  readonly Name: string;
}

function policyOf({ name, policy }: AccessPoint): string {
  if (policy !== undefined) return policy;
  throw new CommonError('NoSuchAccessPointPolicy', 'The specified accesspoint policy does not exist', 404, {
    details: { AccessPointName: name },
  });
}

export const GetAccessPointPolicy: Operation<
  Present<GetAccessPointPolicyRequest> & Asked,
  GetAccessPointPolicyResult,
  AccessPoint
> = {
  ...onPoint,
  run: async (_input, ctx, point) => ({ Policy: await showPrincipals(ctx.store, policyOf(point)) }),
};

export const PutAccessPointPolicy: Operation<Present<PutAccessPointPolicyRequest> & Asked, object, AccessPoint> = {
  ...onPoint,
  async run(input, ctx, point) {
    const { bucket: Bucket, block } = point;
    const asked = { Bucket, Policy: input.Policy, Arn: accessPointArn(point), block };
    const accepted = await ctx.call<{ policy: string; isPublic: boolean }>('s3', 'AcceptAccessPointPolicy', asked);
    const policyIsPublic = accepted.isPublic && point.vpc === undefined;
    await ctx.store.replace(accessPoints, { ...point, policy: accepted.policy, policyIsPublic });
    return {};
  },
};

export const DeleteAccessPointPolicy: Operation<Present<DeleteAccessPointPolicyRequest> & Asked, object, AccessPoint> =
  {
    ...onPoint,
    async run(_input, ctx, point) {
      policyOf(point);
      const { policy: _, policyIsPublic: __, ...rest } = point;
      await ctx.store.replace(accessPoints, rest);
      return {};
    },
  };

export const GetAccessPointPolicyStatus: Operation<
  Present<GetAccessPointPolicyStatusRequest> & Asked,
  GetAccessPointPolicyStatusResult,
  AccessPoint
> = {
  ...onPoint,
  async run(_input, _ctx, point) {
    policyOf(point);
    return { PolicyStatus: { IsPublic: point.policyIsPublic === true } };
  },
};
