/** Roles for whoever has credentials already. */
import type { AssumeRoleRequest, AssumeRoleResponse } from '@aws-sdk/client-sts';
import type { Context, SessionIdentity } from '../../core/context.ts';
import { AccessDenied, CommonError, ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { Role } from '../../identity/principals.ts';
import { issue, recorded, requestDetails } from './credentials.ts';
import { mfaConditions, verifyMfa } from './mfa.ts';
import { hideContexts, providedContext, setContextConditions } from './providedContexts.ts';
import {
  accountOfRole,
  assumed,
  assumedRoleUser,
  assumptionAccess,
  findRole,
  recordedRole,
  roleSession,
  roleSessionSeconds,
} from './roles.ts';
import { sessionPolicies } from './sessionPolicies.ts';
import { type SessionTags, sessionTags, taggedSession, tagMap } from './sessionTags.ts';

type Input = Present<AssumeRoleRequest>;

interface Target {
  readonly role: Role | undefined;
  readonly tags: SessionTags;
  readonly sourceIdentity: string | undefined;
  readonly onBehalfOf: SessionIdentity | undefined;
  readonly mfa: boolean;
}

export const AssumeRole: Operation<Input, AssumeRoleResponse, Target> = {
  readOnly: true,
  async load(input, ctx) {
    hideContexts(ctx, input);
    requireAllowedCaller(input, ctx);
    const account = accountOfRole(input.RoleArn);
    if (account !== ctx.account) ctx.audit.recipientAccountId = account;
    const tags = sessionTags(input, ctx.caller.session);
    if (tags.inherited.length > 0) {
      ctx.audit.requestParameters = {
        ...ctx.audit.requestParameters,
        incomingTransitiveTags: tagMap(tags.inherited),
      };
    }
    const sourceIdentity = sourceIdentityOf(input, ctx);
    const role = await findRole(ctx, input.RoleArn);
    const onBehalfOf = await providedContext(ctx, input);
    return { role, tags, sourceIdentity, onBehalfOf, mfa: await verifyMfa(ctx, input) };
  },
  access: (input, _ctx, target) =>
    assumptionAccess('sts:AssumeRole', {
      ...target,
      arn: input.RoleArn,
      conditions: {
        'sts:RoleSessionName': input.RoleSessionName,
        'sts:ExternalId': input.ExternalId,
        ...mfaConditions(target.mfa),
        ...(target.onBehalfOf && setContextConditions(target.onBehalfOf)),
      },
    }),
  async run(input, ctx, target) {
    const role = assumed(target.role);
    const chained = ctx.caller.session !== undefined;
    const seconds = roleSessionSeconds(role, input.DurationSeconds, chained);
    const { sourceIdentity } = target;
    const { Credentials, ...sizes } = issue(
      ctx,
      {
        ...roleSession(role, input.RoleSessionName),
        ...taggedSession(target.tags),
        ...(await sessionPolicies(ctx, input, role.account)),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
        ...(target.onBehalfOf && { onBehalfOf: target.onBehalfOf }),
        ...(chained ? { chained } : {}),
      },
      seconds,
      input,
    );
    const output = {
      Credentials,
      AssumedRoleUser: assumedRoleUser(role, input.RoleSessionName),
      ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      ...sizes,
    };
    // Only now: the record of a refusal must not tell whether there is such a role.
    ctx.audit.resources = [recordedRole(role)];
    ctx.audit.responseElements = recorded(output);
    ctx.audit.additionalEventData = requestDetails(ctx);
    return output;
  },
};

/** Root users and federated users assume no roles, whatever policies say. */
function requireAllowedCaller(input: Input, { caller }: Context): void {
  if (caller.type === 'Root') throw new AccessDenied('Roles may not be assumed by root accounts.');
  if (caller.type === 'FederatedUser') throw notAuthorized(caller.arn, 'sts:AssumeRole', input.RoleArn);
}

/**
 * Roles Anywhere sets the name in a certificate, which may have spaces and letters of any language.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html
 */
const OF_SERVICES = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+';

/** The one in the request, or the calling session's, which nobody may change. */
function sourceIdentityOf(input: Input, { caller }: Context): string | undefined {
  const inherited = caller.session?.sourceIdentity;
  const { SourceIdentity: asked } = input;
  const pattern = caller.type === 'Service' ? OF_SERVICES : '[\\w+=,.@-]*';
  if (asked !== undefined && !new RegExp(`^${pattern}$`, 'u').test(asked)) {
    throw new ValidationFailure(
      `1 validation error detected: Value '${asked}' at 'sourceIdentity' failed to satisfy constraint: ` +
        `Member must satisfy regular expression pattern: ${pattern}`,
    );
  }
  if (asked?.toLowerCase().startsWith('aws:')) {
    throw new CommonError('ValidationError', 'Source Identity must match [\\w+=,.@-]{2,64} and not begin with "aws:"');
  }
  if (inherited !== undefined && asked !== undefined && asked !== inherited) {
    throw notAuthorized(caller.arn, 'sts:SetSourceIdentity', input.RoleArn);
  }
  return asked ?? inherited;
}

const notAuthorized = (who: string, action: string, resource: string) =>
  new AccessDenied(`User: ${who} is not authorized to perform: ${action} on resource: ${resource}`);
