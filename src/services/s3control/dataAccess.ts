/**
 * Credentials for what is granted: a session of the location's role, which the role's own policies bound, and which a
 * session policy bounds to the grant or to less.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-credentials.html
 */
import type { Credentials, GetDataAccessRequest, GetDataAccessResult } from '@aws-sdk/client-s3-control';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { AccessDenied, CommonError } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { CONTEXT_PROVIDER, sealContext } from '../../identity/identityContexts.ts';
import { openSession, sealSession } from '../../identity/sessions.ts';
import { type CallerGrantees, granteesOf, granteeView, isThrough } from './grantees.ts';
import {
  type AccessGrant,
  accessGrants,
  type GrantsInstance,
  type GrantsLocation,
  grantsLocations,
  type InstanceAsked,
  instanceArn,
  ofInstance,
  placeOf,
} from './grantRows.ts';
import { isWithin, permits, policyFor, scopeIn } from './grantScopes.ts';
import { GRANTS_SERVICE } from './grantsLocations.ts';

type Input = Present<GetDataAccessRequest> & InstanceAsked;

const DURATION_SECONDS = 3600;
const CONTEXT_MS = 60_000;
const GRANTS_OF_ONE_MAX = 10_000;

export const GetDataAccess: Operation<Input, GetDataAccessResult, GrantsInstance> = {
  ...ofInstance,
  async run(input, ctx, instance) {
    requireTarget(input);
    const caller = await granteesOf(ctx, instance);
    const grant = await grantFor(ctx, instance, caller, input);
    const location = await ctx.store.get(grantsLocations, [placeOf(instance), grant.location]);
    const scope = input.Privilege === 'Minimal' ? input.Target : grant.scope;
    const Credentials = await credentialsFor(ctx, instance, location!, {
      Policy: policyFor(scope, input.Permission, ctx.region),
      DurationSeconds: input.DurationSeconds ?? DURATION_SECONDS,
      ...(grant.granteeType && contextsOf(ctx, caller)),
    });
    ctx.audit.responseElements = null;
    return {
      Credentials,
      MatchedGrantTarget: scope,
      Grantee: granteeView(grant),
    };
  },
};

function requireTarget({ Target, TargetType, Privilege, Permission }: Input): void {
  const within = scopeIn(Target);
  const valid =
    within !== undefined &&
    within.bucket !== '' &&
    within.key !== '' &&
    !(TargetType === 'Object' && within.key.endsWith('*')) &&
    ['READ', 'WRITE', 'READWRITE'].includes(Permission) &&
    (Privilege === undefined || Privilege === 'Default' || Privilege === 'Minimal');
  if (!valid) throw new CommonError('InvalidRequest', 'Invalid Request');
}

/** The grant of the caller that says least beyond what is asked for. Throws AccessDenied. */
async function grantFor(
  ctx: Context,
  instance: GrantsInstance,
  caller: CallerGrantees,
  { Target, Permission }: Input,
): Promise<AccessGrant> {
  const found: AccessGrant[] = [];
  const fits = (grant: AccessGrant) =>
    permits(grant.permission, Permission) && isWithin(Target, grant.scope) && isThrough(grant, caller);
  for (const grantee of caller.grantees) {
    const prefix = [placeOf(instance), grantee];
    const { rows } = await ctx.store.list(accessGrants, prefix, { index: 'grantee', limit: GRANTS_OF_ONE_MAX });
    found.push(...rows.filter(fits));
  }
  const [narrowest] = found.sort((a, b) => b.scope.length - a.scope.length);
  if (narrowest) return narrowest;
  throw new AccessDenied(`You do not have ${Permission} permissions to the requested S3 Prefix: ${Target}`);
}

/**
 * The session says on whose behalf it is, and records tell. It says so for the record only: sessions whose context
 * services decide by may not touch objects.
 */
function contextsOf(ctx: Context, { identity }: CallerGrantees) {
  const assertion = { ...identity!, kind: 'audit' as const, expires: ctx.now.getTime() + CONTEXT_MS };
  const ContextAssertion = sealContext(ctx.secrets, assertion, ctx.random(12));
  return { ProvidedContexts: [{ ProviderArn: CONTEXT_PROVIDER, ContextAssertion }] };
}

async function credentialsFor(
  ctx: Context,
  instance: GrantsInstance,
  { role }: GrantsLocation,
  asked: object,
): Promise<Credentials> {
  const arn = instanceArn(instance);
  const service = servicePrincipal(GRANTS_SERVICE, { arn, account: instance.account });
  const request = {
    RoleArn: role,
    RoleSessionName: `access-grants-${uuid(ctx)}`,
    ...asked,
  };
  const issued = await assumed(ctx, request, service);
  const session = openSession(ctx.secrets, issued.SessionToken!);
  if (!session) throw new Error('A session that was just begun cannot be opened.');
  // Policies may ask which instance vouches for a session.
  const SessionToken = sealSession(ctx.secrets, { ...session, accessGrants: arn }, ctx.random(12));
  return { ...issued, SessionToken };
}

type Request = { readonly RoleArn: string } & Record<string, unknown>;

async function assumed(ctx: Context, request: Request, service: ReturnType<typeof servicePrincipal>) {
  try {
    return (await ctx.call<{ Credentials: Credentials }>('sts', 'AssumeRole', request, service)).Credentials;
  } catch (error) {
    if (error instanceof AccessDenied) {
      const action = /\bsts:\w+/.exec(error.message)?.[0] ?? 'sts:AssumeRole';
      const message = `User: ${GRANTS_SERVICE} is not authorized to perform: ${action} on resource: ${request.RoleArn}`;
      throw new CommonError('StsNotAuthorizedError', message, 403);
    }
    if (error instanceof Error && error.name === 'PackedPolicyTooLargeException') {
      throw new CommonError('StsPackedPolicyTooLargeError', 'Serialized token too large for session');
    }
    if (error instanceof Error && /^Validation/.test(error.name)) {
      throw new CommonError('StsValidationError', error.message);
    }
    throw error;
  }
}
