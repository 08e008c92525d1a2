/** Whether a trail logs, and how its deliveries fare. */
import type {
  GetTrailStatusRequest,
  GetTrailStatusResponse,
  StartLoggingRequest,
  StartLoggingResponse,
  StopLoggingRequest,
  StopLoggingResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Operation, Present } from '../../core/operation.ts';
import { beginCollecting } from './collectorPositions.ts';
import { deliveryStatuses, statusKey } from './deliveryStatuses.ts';
import { beginDigests } from './digests.ts';
import { findTrail, requireHome, trailAccess } from './trailNames.ts';
import { type Trail, trails } from './trailRows.ts';
import { writeWishes } from './wishes.ts';

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html */
export const StartLogging: Operation<Present<StartLoggingRequest>, StartLoggingResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.Name),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(_input, ctx, trail) {
    await requireHome(ctx, trail);
    if (trail.logging) return {};
    const { stopped: _, draining: __, ...rest } = trail;
    const after = await ctx.journal.tip();
    const now = ctx.now.getTime();
    // Insights learn anew what is usual: of the time between they know nothing.
    const learning = {
      ...(trail.insights && { insightsSince: now }),
      ...(trail.dataInsights && { dataInsightsSince: now }),
    };
    const started: Trail = { ...rest, ...learning, logging: true, started: now, after };
    await ctx.store.replace(trails, started);
    await writeWishes(ctx, started);
    await beginCollecting(ctx);
    if (started.validation !== undefined) await beginDigests(ctx, started);
    return {};
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopLogging.html */
export const StopLogging: Operation<Present<StopLoggingRequest>, StopLoggingResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.Name),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(_input, ctx, trail) {
    await requireHome(ctx, trail);
    if (!trail.logging) return {};
    const stopped: Trail = { ...trail, logging: false, draining: true, stopped: ctx.now.getTime() };
    await ctx.store.replace(trails, stopped);
    await writeWishes(ctx, stopped);
    return {};
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html */
export const GetTrailStatus: Operation<Present<GetTrailStatusRequest>, GetTrailStatusResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.Name),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(_input, ctx, trail) {
    const status = await ctx.store.get(deliveryStatuses, statusKey(trail, ctx));
    const { started, stopped } = trail;
    return {
      IsLogging: trail.logging,
      ...(started !== undefined && { StartLoggingTime: new Date(started), TimeLoggingStarted: seconds(started) }),
      ...(stopped !== undefined && { StopLoggingTime: new Date(stopped), TimeLoggingStopped: seconds(stopped) }),
      ...deliveries(status?.files),
      ...notices(status?.notices),
      ...(status?.logs?.error !== undefined && { LatestCloudWatchLogsDeliveryError: status.logs.error }),
      ...(status?.logs?.time !== undefined && { LatestCloudWatchLogsDeliveryTime: new Date(status.logs.time) }),
      ...(status?.digests?.error !== undefined && { LatestDigestDeliveryError: status.digests.error }),
      ...(status?.digests?.time !== undefined && { LatestDigestDeliveryTime: new Date(status.digests.time) }),
    };
  },
};

interface Fared {
  readonly time?: number | undefined;
  readonly error?: string | undefined;
  readonly attempt?: number | undefined;
}

const deliveries = (files: Fared | undefined) => ({
  ...(files?.error !== undefined && { LatestDeliveryError: files.error }),
  ...(files?.time !== undefined && { LatestDeliveryTime: new Date(files.time) }),
  LatestDeliveryAttemptTime: files?.attempt === undefined ? '' : seconds(files.attempt),
  LatestDeliveryAttemptSucceeded: files?.time === undefined ? '' : seconds(files.time),
});

const notices = (sent: Fared | undefined) => ({
  ...(sent?.error !== undefined && { LatestNotificationError: sent.error }),
  ...(sent?.time !== undefined && { LatestNotificationTime: new Date(sent.time) }),
  LatestNotificationAttemptTime: sent?.attempt === undefined ? '' : seconds(sent.attempt),
  LatestNotificationAttemptSucceeded: sent?.time === undefined ? '' : seconds(sent.time),
});

const seconds = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
