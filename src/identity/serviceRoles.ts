/**
 * Roles that services act in on somebody's behalf: the execution role of a schedule, the role of an EventBridge target.
 *
 * The service assumes the role through STS like anybody else: the role's trust policy is asked (with the source that
 * the service acts for), the call is recorded, and what the session may do is the role's own affair. A session is kept
 * for a while, as services do; it is forgotten when the role changes.
 */
import type { Caller, Context } from '../core/context.ts';
import { AccessDenied } from '../core/errors.ts';
import { byName, type Role, roleArn, roles } from './principals.ts';
import { callerOf, openSession } from './sessions.ts';

interface Kept {
  readonly caller: Caller;
  /** Milliseconds. */
  readonly until: number;
}

const KEPT_MS = 900_000;
const KEPT_MAX = 1_000;
const sessions = new WeakMap<Role, Map<string, Kept>>();

type Around = Pick<Context, 'call' | 'secrets' | 'store' | 'now' | 'random'>;

/**
 * The caller that `service` (`servicePrincipal(…)`, with its source) is in this role, in a session of that name where
 * the service has one for all. `externalId`: what the service says to trust policies. Throws AccessDenied.
 */
export async function assumedByService(
  ctx: Around,
  arn: string,
  service: Caller,
  name?: string,
  externalId?: string,
): Promise<Caller> {
  const role = await roleOf(ctx, arn);
  const key = JSON.stringify([service.service, service.source, externalId]);
  const kept = role && sessions.get(role)?.get(key);
  if (kept && ctx.now.getTime() < kept.until) return kept.caller;
  const RoleSessionName = name ?? Buffer.from(ctx.random(16)).toString('hex');
  const { Credentials } = await ctx.call<{ Credentials?: { SessionToken?: string } }>(
    'sts',
    'AssumeRole',
    { RoleArn: arn, RoleSessionName, ...(externalId !== undefined && { ExternalId: externalId }) },
    service,
  );
  const session = openSession(ctx.secrets, Credentials?.SessionToken ?? '');
  if (!role || !session) throw new AccessDenied('Access denied');
  const caller = callerOf(session);
  keep(role, key, { caller, until: ctx.now.getTime() + KEPT_MS });
  return caller;
}

async function roleOf({ store }: Around, arn: string): Promise<Role | undefined> {
  const [, account, name] = /^arn:[\w-]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  if (account === undefined || name === undefined) return undefined;
  const role = await store.get(roles, byName(account, name));
  return role && roleArn(role) === arn ? role : undefined;
}

function keep(role: Role, key: string, session: Kept): void {
  const ofRole = sessions.get(role) ?? new Map<string, Kept>();
  if (ofRole.size >= KEPT_MAX) ofRole.clear();
  sessions.set(role, ofRole.set(key, session));
}
