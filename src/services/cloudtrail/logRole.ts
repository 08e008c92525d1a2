/**
 * CloudTrail as the role by which a trail writes to its log group. The session is kept for most of its hour, as AWS
 * does: a role's permissions are asked with every write, its trust policy only when it is assumed.
 */
import type { Caller, Context } from '../../core/context.ts';
import type { Journal } from '../../store/store.ts';
import { onBehalfOf } from './destinations.ts';
import type { Trail } from './trailRows.ts';

const SESSION_NAME = 'CLOUDWATCHLOGS_DELIVERY_SESSION';
const RENEWED_BEFORE_MS = 300_000;
const KEPT_MAX = 1000;

/** Sessions by role, of each plane. */
const kept = new WeakMap<Journal, Map<string, Caller>>();

interface Assumed {
  readonly Credentials: { AccessKeyId: string; SecretAccessKey: string; Expiration: Date };
  readonly AssumedRoleUser: { Arn: string; AssumedRoleId: string };
}

/** Throws what STS says when the role may not be assumed. */
export async function logRoleCaller(ctx: Context, trail: Trail, roleArn: string): Promise<Caller> {
  const sessions = kept.get(ctx.journal) ?? new Map<string, Caller>();
  kept.set(ctx.journal, sessions);
  const known = sessions.get(roleArn);
  const now = ctx.now.getTime();
  if (known?.session && known.session.issued <= now && now < known.session.expires - RENEWED_BEFORE_MS) return known;
  const input = { RoleArn: roleArn, RoleSessionName: SESSION_NAME };
  const assumed = await ctx.call<Assumed>('sts', 'AssumeRole', input, onBehalfOf(trail));
  const caller = callerOf(assumed, roleArn, now);
  if (sessions.size >= KEPT_MAX) sessions.clear();
  sessions.set(roleArn, caller);
  return caller;
}

function callerOf({ Credentials, AssumedRoleUser }: Assumed, roleArn: string, issued: number): Caller {
  const account = roleArn.split(':')[4] ?? '';
  return {
    type: 'AssumedRole',
    account,
    arn: AssumedRoleUser.Arn,
    userId: AssumedRoleUser.AssumedRoleId,
    accessKeyId: Credentials.AccessKeyId,
    session: {
      kind: 'AssumedRole',
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      account,
      issued,
      expires: Credentials.Expiration.getTime(),
      name: SESSION_NAME,
      principalId: AssumedRoleUser.AssumedRoleId.split(':')[0] ?? '',
      principalName: roleArn.slice(roleArn.lastIndexOf('/') + 1),
      principalArn: roleArn,
    },
  };
}
