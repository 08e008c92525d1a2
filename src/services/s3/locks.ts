/**
 * Retention and legal holds of versions: what new ones get, and which may not be removed or changed.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
import type { Context } from '../../core/context.ts';
import { AccessDenied, notImplemented } from '../../core/errors.ts';
import type { Access } from '../../core/operation.ts';
import { invalidArgument, s3Error } from './errors.ts';
import type { BucketSettings } from './settings.ts';
import type { ObjectVersion, Retention } from './versions.ts';

const DAY_MS = 86_400_000;

/** The members by which requests lock what they make. */
export interface LockRequest {
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly ObjectLockLegalHoldStatus?: string | undefined;
  readonly ObjectLockEventHold?: string | undefined;
  readonly ObjectLockEventHoldDurationDays?: number | undefined;
  readonly ObjectLockEventHoldDurationYears?: number | undefined;
}

/** Throws NotImplemented where an event hold, or how long one is, is given. */
export function requireNoEventHold(...given: readonly unknown[]): void {
  if (given.some((each) => each !== undefined)) notImplemented('An event hold of Object Lock');
}

const NOT_LOCKABLE = 'Bucket is missing Object Lock Configuration';

/** Throws InvalidRequest unless the bucket has Object Lock. */
export function requireLockable({ objectLock }: BucketSettings): void {
  if (!objectLock) throw s3Error('InvalidRequest', { message: NOT_LOCKABLE });
}

/** What a new version is locked with: as the request says, else by the bucket's default. */
export function newLock(
  settings: BucketSettings,
  request: LockRequest,
  now: Date,
): Pick<ObjectVersion, 'retention' | 'legalHold'> {
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = request;
  const { ObjectLockEventHoldDurationDays: days, ObjectLockEventHoldDurationYears: years } = request;
  requireNoEventHold(request.ObjectLockEventHold, days, years);
  if (mode !== undefined || until !== undefined || hold !== undefined) requireLockable(settings);
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') {
    throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", 'x-amz-object-lock-legal-hold', hold);
  }
  const retention = askedRetention(mode, until, now) ?? defaultRetention(settings, now);
  return { ...(retention && { retention }), ...(hold !== undefined && { legalHold: hold === 'ON' }) };
}

function askedRetention(mode: string | undefined, until: Date | undefined, now: Date): Retention | undefined {
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined) {
    const both = 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied';
    throw invalidArgument(both, mode === undefined ? 'x-amz-object-lock-mode' : 'x-amz-object-lock-retain-until-date');
  }
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') {
    throw invalidArgument('Unknown wormMode directive.', 'x-amz-object-lock-mode', mode);
  }
  requireFuture(until, now);
  return { mode, until: until.getTime() };
}

/** Throws InvalidArgument for a date that is over. */
export function requireFuture(until: Date, now: Date): void {
  if (until > now) return;
  const message = 'The retain until date must be in the future!';
  throw invalidArgument(message, 'x-amz-object-lock-retain-until-date', until.toISOString());
}

function defaultRetention({ objectLock }: BucketSettings, now: Date): Retention | undefined {
  const rule = objectLock?.retention;
  if (!rule) return undefined;
  if (rule.days !== undefined) return { mode: rule.mode, until: now.getTime() + rule.days * DAY_MS };
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + (rule.years ?? 0));
  return { mode: rule.mode, until: until.getTime() };
}

/** The condition keys of a request that locks what it makes. */
export function lockConditions(request: LockRequest, now: Date): Record<string, string | undefined> {
  const until = request.ObjectLockRetainUntilDate;
  return {
    's3:object-lock-mode': request.ObjectLockMode,
    's3:object-lock-legal-hold': request.ObjectLockLegalHoldStatus,
    ...(until && {
      's3:object-lock-retain-until-date': until.toISOString(),
      's3:object-lock-remaining-retention-days': String(Math.ceil((until.getTime() - now.getTime()) / DAY_MS)),
    }),
  };
}

/** What a caller needs permission for beside PutObject. */
export const lockAccess = (request: LockRequest): readonly string[] => [
  ...(request.ObjectLockMode === undefined ? [] : ['s3:PutObjectRetention']),
  ...(request.ObjectLockLegalHoldStatus === undefined ? [] : ['s3:PutObjectLegalHold']),
];

const isRetained = ({ retention }: Pick<ObjectVersion, 'retention'>, now: Date) =>
  retention !== undefined && retention.until > now.getTime();

const protectedByLock = () => new AccessDenied('Access Denied because object protected by object lock.');

/** How a caller may get past governance: by saying so, with permission. `access`: on the object. */
export interface Bypass {
  readonly asked: boolean | undefined;
  readonly access: Access;
}

/** Throws AccessDenied where a version may not be removed: under a legal hold, or retained. */
export async function requireRemovable(
  ctx: Context,
  version: Pick<ObjectVersion, 'retention' | 'legalHold'>,
  bypass: Bypass,
): Promise<void> {
  if (version.legalHold) throw protectedByLock();
  if (isRetained(version, ctx.now)) await requireBypass(ctx, version.retention!, bypass);
}

/** Throws AccessDenied where a version's retention may not be changed to this one. */
export async function requireChangeable(
  ctx: Context,
  version: Pick<ObjectVersion, 'retention'>,
  next: Retention | undefined,
  bypass: Bypass,
): Promise<void> {
  if (!isRetained(version, ctx.now)) return;
  const { mode, until } = version.retention!;
  const isLonger = next !== undefined && next.until >= until;
  if (isLonger && (next.mode === mode || mode === 'GOVERNANCE')) return;
  await requireBypass(ctx, version.retention!, bypass);
}

async function requireBypass(ctx: Context, { mode }: Retention, { asked, access }: Bypass): Promise<void> {
  if (mode === 'COMPLIANCE' || !asked) throw protectedByLock();
  await ctx.permit('s3:BypassGovernanceRetention', access);
}
