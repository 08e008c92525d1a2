/**
 * Credentials for somebody a user vouches for: at most the user's own permissions, and of those only what the session
 * policies passed along allow. Without any, only resource-based policies that name the federated user grant something.
 */
import type { GetFederationTokenRequest, GetFederationTokenResponse } from '@aws-sdk/client-sts';
import type { Context } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { federatedUserArn } from '../../identity/sessions.ts';
import { issue, recorded, requestDetails } from './credentials.ts';
import { sessionPolicies } from './sessionPolicies.ts';
import { type SessionTags, sessionTags, tagConditions, taggedSession } from './sessionTags.ts';
import { longTermSeconds, own, requireLongTermCaller } from './sessionTokens.ts';

type Input = Present<GetFederationTokenRequest>;

const ALLOWS_NOTHING = '{"Version":"2012-10-17","Statement":[]}';

export const GetFederationToken: Operation<Input, GetFederationTokenResponse, SessionTags> = {
  readOnly: false,
  async load(input, ctx) {
    requireLongTermCaller(ctx.caller, 'GetFederationToken');
    if (ctx.caller.type !== 'User' && ctx.caller.type !== 'Root') throw new AccessDenied('Access denied');
    return sessionTags(input);
  },
  access: (input, ctx, tags) => federationAccess(input, ctx, tags),
  async run(input, ctx, tags) {
    const { account, caller } = ctx;
    const policies = await sessionPolicies(ctx, input, account);
    const passed = Object.keys(policies).length > 0;
    const { PackedPolicySize, ...issued } = issue(
      ctx,
      {
        ...own(caller),
        kind: 'FederatedUser',
        name: input.Name,
        ...taggedSession(tags),
        ...(passed ? policies : { policies: [ALLOWS_NOTHING] }),
      },
      longTermSeconds(caller, input.DurationSeconds),
      input,
    );
    const output = {
      ...issued,
      FederatedUser: {
        FederatedUserId: `${account}:${input.Name}`,
        Arn: federatedUserArn({ account, name: input.Name }),
      },
      ...(PackedPolicySize !== undefined && (passed || tags.tags.length > 0) ? { PackedPolicySize } : {}),
    };
    ctx.audit.responseElements = recorded(output);
    ctx.audit.additionalEventData = requestDetails(ctx);
    return output;
  },
};

function federationAccess(input: Input, ctx: Context, tags: SessionTags): readonly Access[] {
  const common = {
    resource: federatedUserArn({ account: ctx.account, name: input.Name }),
    conditions: tagConditions(tags),
  };
  const tagging = { ...common, action: 'sts:TagSession' };
  return [common, ...(tags.tags.length > 0 ? [tagging] : [])];
}
