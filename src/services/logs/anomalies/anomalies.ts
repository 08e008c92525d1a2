/** Listing anomalies, and saying which of them shall not count. */
import {
  AccessDeniedException,
  type Anomaly,
  InvalidParameterException,
  type ListAnomaliesRequest,
  type ListAnomaliesResponse,
  ResourceNotFoundException,
  type UpdateAnomalyRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { AccessDenied, fail } from '../../../core/errors.ts';
import type { Operation, Present } from '../../../core/operation.ts';
import { DAY_MS } from '../groupRows.ts';
import { rowsPage } from '../pages.ts';
import { type ResourceKey, requireDecrypt } from '../resourceKeys.ts';
import {
  anomalyDetectors,
  type Detector,
  detectorArn,
  type FoundAnomaly,
  foundAnomalies,
  isSuppressed,
  OF_PATTERN_MAX,
  type Suppression,
} from './detectorRows.ts';
import { findDetector } from './detectors.ts';
import { openedAnomaly } from './secrecy.ts';

/** Of one detector, or of all of the account. */
export const ListAnomalies: Operation<ListAnomaliesRequest, ListAnomaliesResponse, Detector | undefined> = {
  load: async ({ anomalyDetectorArn }, ctx) =>
    anomalyDetectorArn === undefined ? undefined : findDetector({ anomalyDetectorArn }, ctx),
  access: (_input, { account, region }, detector) =>
    detector
      ? { resource: detectorArn(detector), resourceTags: detector.tags }
      : { resource: detectorArn({ account, region, id: '' }) },
  async run(input, ctx, detector) {
    const now = ctx.now.getTime();
    const detectors = new Map<string, Detector | undefined>(detector && [[detector.id, detector]]);
    const prefix = detector ? [detector.id] : [ctx.account, ctx.region];
    const keep = (anomaly: FoundAnomaly) =>
      input.suppressionState === undefined || (input.suppressionState === 'SUPPRESSED') === isSuppressed(anomaly, now);
    const { rows, page } = await rowsPage(ctx, foundAnomalies, prefix, input, {
      index: detector ? 'id' : 'account',
      keep,
    });
    const anomalies: Anomaly[] = [];
    if (detector?.kms) await requireDecrypt(ctx, detector.kms, detectorArn(detector));
    for (const row of rows) {
      if (!detectors.has(row.detector)) await noteDetector(ctx, row, detectors);
      const of = detectors.get(row.detector);
      if (!of || now - row.firstSeen > of.visibilityDays * DAY_MS) continue;
      anomalies.push(view(await openedAnomaly(ctx, of, row), of, now));
    }
    return { anomalies, ...page };
  },
};

/** Of all detectors only those are told of whose key the caller may use. */
async function noteDetector(
  ctx: Context,
  row: FoundAnomaly,
  detectors: Map<string, Detector | undefined>,
): Promise<void> {
  const found = await ctx.store.get(anomalyDetectors, [row.account, row.region, row.detector]);
  const shown = !found?.kms || (await mayDecrypt(ctx, found.kms, detectorArn(found)));
  detectors.set(row.detector, shown ? found : undefined);
}

const mayDecrypt = (ctx: Context, key: ResourceKey, arn: string): Promise<boolean> =>
  requireDecrypt(ctx, key, arn).then(
    () => true,
    (error: unknown) => {
      if (error instanceof AccessDenied || error instanceof AccessDeniedException) return false;
      throw error;
    },
  );

function view(anomaly: FoundAnomaly, detector: Detector, now: number): Anomaly {
  const suppressed = isSuppressed(anomaly, now);
  const { suppression } = anomaly;
  return {
    anomalyId: anomaly.id,
    patternId: anomaly.pattern,
    anomalyDetectorArn: detectorArn(detector),
    patternString: anomaly.text,
    patternRegex: anomaly.regex,
    priority: anomaly.priority,
    firstSeen: anomaly.firstSeen,
    lastSeen: anomaly.lastSeen,
    description: anomaly.description,
    active: detector.looked !== undefined && anomaly.lastSeen >= detector.looked,
    state: suppressed ? 'Suppressed' : anomaly.baseline ? 'Baseline' : 'Active',
    histogram: { ...anomaly.histogram },
    logSamples: [...anomaly.samples],
    patternTokens: anomaly.tokens.map(({ enumerations, ...token }) => ({
      ...token,
      ...(enumerations && { enumerations: { ...enumerations } }),
    })),
    logGroupArnList: [detector.groupArn],
    suppressed,
    ...(suppressed &&
      suppression && {
        suppressedDate: suppression.since,
        suppressedUntil: suppression.until,
        isPatternLevelSuppression: suppression.ofPattern,
      }),
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { SECONDS: 1_000, MINUTES: 60_000, HOURS: 3_600_000 };

/** Without a type of suppression the anomaly, or all of the pattern, counts again. */
export const UpdateAnomaly: Operation<Present<UpdateAnomalyRequest>, object, Detector> = {
  load: findDetector,
  access: (_input, _ctx, detector) => ({ resource: detectorArn(detector), resourceTags: detector.tags }),
  async run(input, ctx, detector) {
    const { anomalyId, patternId, baseline } = input;
    if ((anomalyId === undefined) === (patternId === undefined)) {
      fail(InvalidParameterException, 'Exactly one of anomalyId and patternId must be specified.');
    }
    const index = anomalyId === undefined ? 'pattern' : 'id';
    const prefix = [detector.id, (anomalyId ?? patternId)!];
    const { rows } = await ctx.store.list(foundAnomalies, prefix, { limit: OF_PATTERN_MAX, index });
    if (rows.length === 0) fail(ResourceNotFoundException, 'The specified anomaly does not exist.');
    const suppression = suppressionOf(input, ctx);
    for (const { suppression: _, ...anomaly } of rows) {
      await ctx.store.replace(foundAnomalies, {
        ...anomaly,
        ...(suppression && { suppression }),
        ...(baseline && { baseline }),
      });
    }
    return {};
  },
};

function suppressionOf(input: UpdateAnomalyRequest, { now }: Context): Suppression | undefined {
  const { suppressionType, suppressionPeriod, patternId } = input;
  if (suppressionType === undefined) return undefined;
  const since = now.getTime();
  const ofPattern = patternId !== undefined;
  if (suppressionType === 'INFINITE') return { since, until: 0, ofPattern };
  const { value = 0, suppressionUnit = '' } = suppressionPeriod ?? {};
  const unit = UNITS_MS[suppressionUnit];
  if (unit === undefined || value < 1) {
    fail(InvalidParameterException, 'A suppressionPeriod must be specified for LIMITED suppression.');
  }
  return { since, until: since + value * unit, ofPattern };
}
