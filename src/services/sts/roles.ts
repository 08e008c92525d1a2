/**
 * What the three ways to assume a role have in common: finding it, asking its trust policy, and the session's length.
 *
 * A role that does not exist is treated as one that trusts nobody, so that the answers are the same.
 */
import type { Caller, Context, SessionIdentity } from '../../core/context.ts';
import { AccessDenied, ValidationFailure } from '../../core/errors.ts';
import type { Access } from '../../core/operation.ts';
import { byName, type Role, roleArn, roles } from '../../identity/principals.ts';
import { assumedRoleArn } from '../../identity/sessions.ts';
import { type SessionTags, tagConditions } from './sessionTags.ts';

export const HOUR_SECONDS = 3600;
const TRUSTS_NOBODY = '{"Version":"2012-10-17","Statement":[]}';

/** The account in a role's ARN. Throws what AWS says of text that is none. */
export function accountOfRole(arn: string): string {
  const account = /^arn:[\w-]+:iam::(\d{12}):role\/.+$/.exec(arn)?.[1];
  if (account === undefined) throw new ValidationFailure(`${arn} is invalid`);
  return account;
}

/** The role that has exactly this ARN, path and case included. */
export async function findRole(ctx: Context, arn: string): Promise<Role | undefined> {
  const role = await ctx.store.get(roles, byName(accountOfRole(arn), arn.slice(arn.lastIndexOf('/') + 1)));
  return role && roleArn(role) === arn ? role : undefined;
}

/** What is asked of a role's trust policy, and of the caller's own. */
export interface Assumption {
  readonly arn: string;
  readonly role: Role | undefined;
  readonly tags: SessionTags;
  readonly sourceIdentity: string | undefined;
  readonly onBehalfOf?: SessionIdentity | undefined;
  /** Who asks, where the request is not signed. */
  readonly caller?: Caller | undefined;
  readonly conditions: NonNullable<Access['conditions']>;
}

/** Permission to assume the role, and to set the session's tags and source identity where it has any. */
export function assumptionAccess(action: string, asked: Assumption): readonly Access[] {
  const { arn, role, tags, sourceIdentity, onBehalfOf, caller } = asked;
  const common = {
    resource: arn,
    resourceAccount: accountOfRole(arn),
    resourcePolicy: role?.trust ?? TRUSTS_NOBODY,
    resourceTags: role?.tags,
    ...(caller ? { caller } : {}),
    conditions: {
      ...asked.conditions,
      ...tagConditions(tags),
      ...(sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': sourceIdentity }),
      ...Object.fromEntries((role?.tags ?? []).map((tag) => [`iam:ResourceTag/${tag.Key}`, tag.Value])),
    },
  };
  const actions = [
    action,
    ...(tags.tags.length > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ...(onBehalfOf === undefined ? [] : ['sts:SetContext']),
  ];
  return actions.map((one) => ({ ...common, action: one }));
}

/** The role, which is there: its trust policy has been asked. */
export function assumed(role: Role | undefined): Role {
  if (!role) throw new AccessDenied('Access denied');
  return role;
}

/** Seconds of a role session. `chained`: asked for with temporary credentials. */
export function roleSessionSeconds(role: Role, asked: number | undefined, chained: boolean): number {
  const seconds = asked ?? HOUR_SECONDS;
  if (seconds > role.maxSessionDuration) {
    throw new ValidationFailure('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
  if (chained && seconds > HOUR_SECONDS) {
    throw new ValidationFailure(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  }
  return seconds;
}

/** The members of a session that say which role it stands on. */
export const roleSession = (role: Role, name: string) =>
  ({
    kind: 'AssumedRole',
    account: role.account,
    name,
    principalId: role.id,
    principalName: role.name,
    principalArn: roleArn(role),
  }) as const;

export const assumedRoleUser = (role: Role, name: string) => ({
  AssumedRoleId: `${role.id}:${name}`,
  Arn: assumedRoleArn({ account: role.account, principalName: role.name, name }),
});

export const recordedRole = (role: Role) =>
  ({ ARN: roleArn(role), accountId: role.account, type: 'AWS::IAM::Role' }) as const;
