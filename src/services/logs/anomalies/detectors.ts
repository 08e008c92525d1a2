/** Making, changing and listing anomaly detectors. */
import {
  type CreateLogAnomalyDetectorRequest,
  type CreateLogAnomalyDetectorResponse,
  type DeleteLogAnomalyDetectorRequest,
  type AnomalyDetector as DetectorView,
  type GetLogAnomalyDetectorRequest,
  type GetLogAnomalyDetectorResponse,
  InvalidParameterException,
  LimitExceededException,
  type ListLogAnomalyDetectorsRequest,
  type ListLogAnomalyDetectorsResponse,
  ResourceNotFoundException,
  type UpdateLogAnomalyDetectorRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { awsError, fail } from '../../../core/errors.ts';
import { uuid } from '../../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../../core/operation.ts';
import { quota } from '../../../core/quotas.ts';
import { later, notAnyMore } from '../../../core/tasks.ts';
import { onGroup, requireStandard } from '../access.ts';
import { identified } from '../groupLookup.ts';
import { groupArn } from '../groupRows.ts';
import { rowsPage } from '../pages.ts';
import { filterPattern } from '../patterns/index.ts';
import { ownKey } from '../resourceKeys.ts';
import { acceptedTags, tagConditions } from '../tags.ts';
import { anomalyDetectors, type Detector, detectorArn, SCAN } from './detectorRows.ts';
import { dropModel } from './scan.ts';

const DETECTORS_MAX = 500;
const VISIBILITY_DAYS = 21;

export const CreateLogAnomalyDetector = onGroup<
  Present<CreateLogAnomalyDetectorRequest>,
  CreateLogAnomalyDetectorResponse
>({
  named: ({ logGroupArnList }) => oneArn(logGroupArnList),
  conditions: ({ tags }) => tagConditions(tags),
  async run(input, ctx, group) {
    requireStandard(group, 'Anomaly detection');
    if (input.filterPattern) filterPattern(input.filterPattern);
    if (!(await ctx.store.fits(anomalyDetectors, [ctx.account], quota(ctx, 'Log anomaly detectors', DETECTORS_MAX)))) {
      fail(LimitExceededException, 'Resource limit exceeded.');
    }
    const detector: Detector = {
      account: ctx.account,
      region: ctx.region,
      id: uuid(ctx),
      name: input.detectorName,
      groupArn: groupArn(group),
      group: group.id,
      frequency: input.evaluationFrequency ?? 'FIVE_MIN',
      filterPattern: input.filterPattern,
      visibilityDays: input.anomalyVisibilityTime ?? VISIBILITY_DAYS,
      created: ctx.now.getTime(),
      modified: ctx.now.getTime(),
      status: 'INITIALIZING',
      tags: acceptedTags([], input.tags),
    };
    const kms = input.kmsKeyId === undefined ? undefined : await ownKey(ctx, input.kmsKeyId, detectorArn(detector));
    await ctx.store.insert(anomalyDetectors, kms ? { ...detector, kms } : detector);
    await owe(ctx, detector);
    return { anomalyDetectorArn: detectorArn(detector) };
  },
});

const owe = (ctx: Context, { id }: Detector) => later(ctx, { kind: SCAN, id, body: { id } });

function oneArn(arns: readonly string[]): string {
  const [arn = '', ...more] = arns;
  if (more.length > 0 || !arn.startsWith('arn:')) {
    fail(InvalidParameterException, 'Exactly one log group ARN must be specified.');
  }
  return arn;
}

const DETECTOR_ARN = /^arn:aws:logs:([a-z0-9-]+):(\d{12}):anomaly-detector:([^:]+)$/;

interface ByArn {
  readonly anomalyDetectorArn: string;
}

export async function findDetector({ anomalyDetectorArn: arn }: ByArn, ctx: Context): Promise<Detector | Missing> {
  const [, region = '', account = '', id = ''] = DETECTOR_ARN.exec(arn) ?? [];
  const found = region === ctx.region ? await ctx.store.get(anomalyDetectors, [account, region, id]) : undefined;
  return (
    found ?? new Missing(arn, awsError(ResourceNotFoundException, 'The specified anomaly detector does not exist.'))
  );
}

function onDetector<In extends ByArn, Out>(
  run: (input: In, ctx: Context, detector: Detector) => Promise<Out>,
): Operation<In, Out, Detector> {
  return {
    load: findDetector,
    access: (_input, _ctx, detector) => ({ resource: detectorArn(detector), resourceTags: detector.tags }),
    run,
  };
}

export const GetLogAnomalyDetector = onDetector<Present<GetLogAnomalyDetectorRequest>, GetLogAnomalyDetectorResponse>(
  async (_input, _ctx, detector) => details(detector),
);

const details = (detector: Detector) => ({
  detectorName: detector.name,
  logGroupArnList: [detector.groupArn],
  evaluationFrequency: detector.frequency,
  filterPattern: detector.filterPattern,
  anomalyDetectorStatus: detector.status,
  creationTimeStamp: detector.created,
  lastModifiedTimeStamp: detector.modified,
  anomalyVisibilityTime: detector.visibilityDays,
  kmsKeyId: detector.kms?.keyArn,
});

export const UpdateLogAnomalyDetector = onDetector<Present<UpdateLogAnomalyDetectorRequest>, object>(
  async (input, ctx, detector) => {
    if (input.filterPattern) filterPattern(input.filterPattern);
    const wasPaused = detector.status === 'PAUSED';
    const changed: Detector = {
      ...detector,
      frequency: input.evaluationFrequency ?? detector.frequency,
      filterPattern: input.filterPattern ?? detector.filterPattern,
      visibilityDays: input.anomalyVisibilityTime ?? detector.visibilityDays,
      modified: ctx.now.getTime(),
      status: input.enabled ? (wasPaused ? 'ANALYZING' : detector.status) : 'PAUSED',
    };
    await ctx.store.replace(anomalyDetectors, changed);
    if (input.enabled) await owe(ctx, changed);
    else await notAnyMore(ctx.store, SCAN, detector.id);
    return {};
  },
);

export const DeleteLogAnomalyDetector = onDetector<Present<DeleteLogAnomalyDetectorRequest>, object>(
  async (_input, ctx, detector) => {
    await ctx.store.remove(anomalyDetectors, anomalyDetectors.key(detector));
    dropModel(ctx, detector);
    await owe(ctx, detector); // Its next turn, which finds it gone, forgets what it found.
    return {};
  },
);

export const ListLogAnomalyDetectors: Operation<ListLogAnomalyDetectorsRequest, ListLogAnomalyDetectorsResponse> = {
  access: (_input, { account, region }) => ({ resource: detectorArn({ account, region, id: '' }) }),
  async run(input, ctx) {
    const filter =
      input.filterLogGroupArn === undefined ? undefined : groupArn(identified(ctx, input.filterLogGroupArn));
    const keep = (detector: Detector) => filter === undefined || detector.groupArn === filter;
    const { rows, page } = await rowsPage(ctx, anomalyDetectors, [ctx.account, ctx.region], input, { keep });
    const views = rows.map(
      (detector): DetectorView => ({ anomalyDetectorArn: detectorArn(detector), ...details(detector) }),
    );
    return { anomalyDetectors: views, ...page };
  },
};
