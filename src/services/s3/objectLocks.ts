/**
 * Retention and legal holds of versions, set and read.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
 */
import type {
  GetObjectLegalHoldOutput,
  GetObjectLegalHoldRequest,
  GetObjectRetentionOutput,
  GetObjectRetentionRequest,
  ObjectLockRetention,
  PutObjectLegalHoldOutput,
  PutObjectLegalHoldRequest,
  PutObjectRetentionOutput,
  PutObjectRetentionRequest,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { objectAccess } from './access.ts';
import { s3Error } from './errors.ts';
import { lockConditions, requireChangeable, requireFuture, requireLockable, requireNoEventHold } from './locks.ts';
import { type ObjectTarget, onObject, presentVersion, sameAction } from './objectTargets.ts';
import { oneOf, wanted } from './onBucket.ts';
import { owedReplication } from './replicationOwed.ts';
import { replaceVersion } from './versionStore.ts';
import type { ObjectVersion, Retention } from './versions.ts';

const notLocked = () =>
  new CommonError(
    'NoSuchObjectLockConfiguration',
    'The specified object does not have a ObjectLock configuration',
    404,
  );

export const GetObjectRetention: Operation<
  Present<GetObjectRetentionRequest>,
  GetObjectRetentionOutput,
  ObjectTarget
> = {
  ...onObject(sameAction('s3:GetObjectRetention')),
  async run(input, _ctx, target) {
    requireLockable(target.settings);
    const { retention } = presentVersion(target, input);
    if (!retention) throw notLocked();
    return { Retention: { Mode: retention.mode, RetainUntilDate: new Date(retention.until) } };
  },
};

export const PutObjectRetention: Operation<
  Present<PutObjectRetentionRequest>,
  PutObjectRetentionOutput,
  ObjectTarget
> = {
  ...onObject(sameAction('s3:PutObjectRetention'), ({ Retention }: Present<PutObjectRetentionRequest>, { now }) =>
    lockConditions({ ObjectLockMode: Retention?.Mode, ObjectLockRetainUntilDate: Retention?.RetainUntilDate }, now),
  ),
  async run(input, ctx, target) {
    requireLockable(target.settings);
    const version = presentVersion(target, input);
    const next = retentionIn(input.Retention, ctx.now);
    await requireChangeable(ctx, version, next, {
      asked: input.BypassGovernanceRetention,
      access: objectAccess(ctx, target, { key: input.Key, object: version }),
    });
    const { retention: _, ...rest } = version;
    await changed(ctx, target, next ? { ...rest, retention: next } : rest);
    return {};
  },
};

/** An empty element takes the retention away. */
function retentionIn(given: ObjectLockRetention = {}, now: Date): Retention | undefined {
  const { Mode, RetainUntilDate } = given;
  requireNoEventHold(given.EventHold, given.EventHoldDuration);
  if (Mode === undefined && RetainUntilDate === undefined) return undefined;
  const mode = oneOf(Mode, ['GOVERNANCE', 'COMPLIANCE'] as const);
  const until = wanted(RetainUntilDate);
  requireFuture(until, now);
  return { mode, until: until.getTime() };
}

export const GetObjectLegalHold: Operation<
  Present<GetObjectLegalHoldRequest>,
  GetObjectLegalHoldOutput,
  ObjectTarget
> = {
  ...onObject(sameAction('s3:GetObjectLegalHold')),
  async run(input, _ctx, target) {
    requireLockable(target.settings);
    const { legalHold } = presentVersion(target, input);
    if (legalHold === undefined) throw notLocked();
    return { LegalHold: { Status: legalHold ? 'ON' : 'OFF' } };
  },
};

export const PutObjectLegalHold: Operation<
  Present<PutObjectLegalHoldRequest>,
  PutObjectLegalHoldOutput,
  ObjectTarget
> = {
  ...onObject(sameAction('s3:PutObjectLegalHold'), ({ LegalHold }: Present<PutObjectLegalHoldRequest>) => ({
    's3:object-lock-legal-hold': LegalHold?.Status,
  })),
  async run(input, ctx, target) {
    requireLockable(target.settings);
    const status = oneOf(input.LegalHold?.Status, ['ON', 'OFF'] as const);
    await changed(ctx, target, { ...presentVersion(target, input), legalHold: status === 'ON' });
    return {};
  },
};

async function changed(ctx: Parameters<typeof owedReplication>[0], target: ObjectTarget, version: ObjectVersion) {
  if (version.deleteMarker) throw s3Error('MethodNotAllowed');
  await replaceVersion(ctx, version);
  await owedReplication(ctx, target, version, 'change');
}
