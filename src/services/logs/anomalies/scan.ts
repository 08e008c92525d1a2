/**
 * A detector at work: it learns from the events of the last two weeks, a bounded piece at a time, and from then on
 * looks at what came in since its last look, as often as it was told to.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Context } from '../../../core/context.ts';
import { uuid } from '../../../core/ids.ts';
import { type Sample, tellSamples } from '../../../core/metrics.ts';
import type { Task } from '../../../core/tasks.ts';
import { arrivalsSince, arrivedSince } from '../arrivals.ts';
import { pacer } from '../breath.ts';
import { type Masker, maskerFor } from '../dataProtection.ts';
import { groupOfId } from '../groupLookup.ts';
import { DAY_MS, type LogGroup } from '../groupRows.ts';
import { nameOf, patternRegex, patternText } from '../mining/patterns.ts';
import { filterPattern, matcherOf, subjectOf } from '../patterns/index.ts';
import { eventsOf } from '../reading.ts';
import { NAMESPACE } from '../usage.ts';
import {
  anomalyDetectors,
  type Detector,
  type FoundAnomaly,
  type FoundToken,
  foundAnomalies,
  isSuppressed,
  OF_PATTERN_MAX,
} from './detectorRows.ts';
import { type Deviation, emptyModel, intervalOf, type Known, type Model, quiet } from './model.ts';
import { openedAnomaly, openedBytes, sealedAnomaly, sealedBytes, secretName } from './secrecy.ts';

const TRAINED_ON_MS = 14 * DAY_MS;
/** A group without a past is learned from for so long before anything counts as unusual. */
const TRAINING_MS = 15 * 60_000;
const STEP_EVENTS = 20_000;
const TRAINED_EVENTS_MAX = 200_000;

export const INTERVALS_MS: Readonly<Record<Detector['frequency'], number>> = {
  ONE_MIN: 60_000,
  FIVE_MIN: 300_000,
  TEN_MIN: 600_000,
  FIFTEEN_MIN: 900_000,
  THIRTY_MIN: 1_800_000,
  ONE_HOUR: 3_600_000,
};

const modelId = ({ id }: Detector, version: number) => `logs-anomaly-model/${id}/${version}`;

/** One turn. Milliseconds until the next one; undefined: the detector is gone, or paused. */
export async function scan({ body: { id } }: Task<{ readonly id: string }>, ctx: Context): Promise<number | undefined> {
  const detector = await ctx.store.get(anomalyDetectors, [ctx.account, ctx.region, id]);
  if (!detector) return forgetSome(ctx, id);
  if (detector.status === 'PAUSED') return undefined;
  const group = await groupOfId(ctx, detector.group);
  if (!group) {
    await ctx.store.replace(anomalyDetectors, { ...detector, status: 'FAILED' });
    return undefined;
  }
  const model = await modelOf(ctx, detector, group);
  const interval = INTERVALS_MS[detector.frequency];
  const events = eventsFor(detector, await maskerFor(ctx, group, false));
  if (!model.trained) {
    await train(ctx, group, model, { interval, events });
    model.readyAt = model.events > 0 ? 0 : detector.created + TRAINING_MS;
    await keep(ctx, { ...detector, status: 'TRAINING' }, model);
    return model.trained ? interval : 0;
  }
  const now = ctx.now.getTime();
  const ready = now >= model.readyAt;
  const deviations = await look(ctx, group, model, { interval, events });
  if (ready) await tell(ctx, detector, deviations);
  await keep(ctx, { ...detector, status: ready ? 'ANALYZING' : 'TRAINING', looked: now }, model);
  return interval;
}

const GONE_AT_ONCE = 200;

async function forgetSome({ store }: Context, detector: string): Promise<number | undefined> {
  const { rows } = await store.list(foundAnomalies, [detector], { limit: GONE_AT_ONCE });
  for (const anomaly of rows) await store.remove(foundAnomalies, foundAnomalies.key(anomaly));
  return rows.length === GONE_AT_ONCE ? 0 : undefined;
}

async function modelOf(ctx: Context, detector: Detector, group: LogGroup): Promise<Model> {
  const bytes = detector.model === undefined ? undefined : await ctx.store.bytes(modelId(detector, detector.model));
  if (bytes) return JSON.parse(zstdDecompressSync(await openedBytes(ctx, detector, bytes)).toString()) as Model;
  const { since, seen } = await arrivedSince(ctx, [group], ctx.now.getTime());
  return { ...emptyModel(since), seen: [...seen] };
}

async function keep(ctx: Context, detector: Detector, model: Model): Promise<void> {
  const version = (detector.model ?? 0) + 1;
  const bytes = await sealedBytes(ctx, detector, zstdCompressSync(JSON.stringify(model)));
  ctx.store.putBytes(modelId(detector, version), bytes);
  if (detector.model !== undefined) ctx.store.dropBytes(modelId(detector, detector.model));
  await ctx.store.replace(anomalyDetectors, { ...detector, model: version });
}

/** What is gone with the detector. */
export function dropModel(ctx: Context, detector: Detector): void {
  if (detector.model !== undefined) ctx.store.dropBytes(modelId(detector, detector.model));
}

interface Looking {
  readonly interval: number;
  /** The message as it may be looked at; undefined for one that the detector's filter leaves out. */
  readonly events: (message: string, ingested: number) => string | undefined;
}

function eventsFor({ filterPattern: text }: Detector, mask: Masker): Looking['events'] {
  const matches = text ? matcherOf(filterPattern(text)) : () => true;
  return (message, ingested) => {
    const shown = mask({ message, from: { ingested } });
    return matches(subjectOf(shown)) ? shown : undefined;
  };
}

/** Reads on in the past. */
async function train(ctx: Context, group: LogGroup, model: Model, { interval, events }: Looking): Promise<void> {
  const to = model.since;
  const reading = { group, from: to - TRAINED_ON_MS, to, after: model.training };
  const pace = pacer();
  let current = intervalOf(model);
  let count = 0;
  for await (const chunk of eventsOf(ctx, reading)) {
    for (const event of chunk.events) {
      if (model.intervalEnd === 0) model.intervalEnd = event.time + interval;
      if (event.time >= model.intervalEnd) {
        current.end();
        const passed = Math.floor((event.time - model.intervalEnd) / interval);
        quiet(model, passed);
        model.intervalEnd += (passed + 1) * interval;
        current = intervalOf(model);
      }
      const message = events(event.message, event.from.ingested);
      if (message !== undefined) current.add({ time: event.time, message });
      const pause = pace();
      if (pause) await pause;
      model.training = { time: event.time, segment: event.segment, index: event.index };
    }
    count += chunk.events.length;
    if (count >= STEP_EVENTS && model.events < TRAINED_EVENTS_MAX) {
      current.end();
      return;
    }
    if (model.events >= TRAINED_EVENTS_MAX) break;
  }
  current.end();
  model.training = undefined;
  model.trained = true;
}

async function look(ctx: Context, group: LogGroup, model: Model, { interval, events }: Looking): Promise<Deviation[]> {
  const passed = Math.floor((ctx.now.getTime() - model.since) / interval) - 1;
  if (passed > 0) quiet(model, passed);
  const reached = { since: model.since, seen: new Set(model.seen) };
  const { batches, since, seen } = await arrivalsSince(ctx, [group], reached, () => true);
  const current = intervalOf(model);
  const pace = pacer();
  for (const batch of batches) {
    for (const [i, text] of batch.events.messages.entries()) {
      const message = events(text, batch.row.ingested);
      if (message !== undefined) current.add({ time: batch.events.times[i]!, message });
      const pause = pace();
      if (pause) await pause;
    }
  }
  model.since = since;
  model.seen = [...seen];
  return current.end();
}

const ANOMALIES_AT_ONCE = 50;
const HISTOGRAM_MAX = 100;

/** Keeps what was found, and tells CloudWatch of what is neither suppressed nor usual by now. */
async function tell(ctx: Context, detector: Detector, deviations: readonly Deviation[]): Promise<void> {
  const now = ctx.now.getTime();
  const counts = new Map<string, number>();
  for (const found of deviations.slice(0, ANOMALIES_AT_ONCE)) {
    const deviation = { ...found, about: await secretName(ctx, detector, found.about) };
    const row = await ctx.store.get(foundAnomalies, [detector.id, deviation.about]);
    const before = row && (await openedAnomaly(ctx, detector, row));
    const old = before && now - before.firstSeen > detector.visibilityDays * DAY_MS;
    if (before?.baseline || old) continue;
    const ofPattern = before ? {} : await suppressedWithPattern(ctx, deviation, detector);
    const anomaly = { ...ofPattern, ...anomalyFrom(ctx, detector, deviation, before) };
    await ctx.store.replace(foundAnomalies, await sealedAnomaly(ctx, detector, anomaly));
    if (!isSuppressed(anomaly, now)) counts.set(anomaly.priority, (counts.get(anomaly.priority) ?? 0) + 1);
  }
  const samples = [...counts].map(
    ([priority, count]): Sample => ({
      namespace: NAMESPACE,
      name: 'AnomalyCount',
      dimensions: [
        ['LogAnomalyDetector', detector.name ?? detector.id],
        ['LogAnomalyPriority', priority],
      ],
      unit: 'Count',
      time: now,
      values: [count],
    }),
  );
  if (samples.length > 0) tellSamples(ctx, { account: detector.account, region: detector.region, samples });
}

/** What its whole pattern is suppressed by, where it is: anomalies that are new of it are, too. */
async function suppressedWithPattern(
  { store }: Context,
  { pattern }: Deviation,
  { id }: Detector,
): Promise<Pick<FoundAnomaly, 'suppression'>> {
  const { rows } = await store.list(foundAnomalies, [id, pattern.id], { limit: OF_PATTERN_MAX, index: 'pattern' });
  const row = rows.find(({ suppression }) => suppression?.ofPattern);
  return row?.suppression ? { suppression: row.suppression } : {};
}

function anomalyFrom(
  ctx: Context,
  detector: Detector,
  found: Deviation,
  before: FoundAnomaly | undefined,
): FoundAnomaly {
  const now = ctx.now.getTime();
  const histogram = Object.entries<number>({ ...before?.histogram, [now]: found.count }).slice(-HISTOGRAM_MAX);
  const samples = found.samples.map(({ time, message }) => ({ timestamp: time, message: message.slice(0, 2_000) }));
  return {
    detector: detector.id,
    account: detector.account,
    region: detector.region,
    id: before?.id ?? uuid(ctx),
    about: found.about,
    pattern: found.pattern.id,
    text: patternText(found.pattern),
    regex: patternRegex(found.pattern),
    tokens: tokensOf(found.pattern),
    priority: found.priority,
    description: found.description,
    firstSeen: before?.firstSeen ?? now,
    lastSeen: now,
    histogram: Object.fromEntries(histogram),
    samples: samples.length > 0 ? samples : (before?.samples ?? []),
    ...(before?.suppression && { suppression: before.suppression }),
  };
}

function tokensOf(pattern: Known): FoundToken[] {
  let number = 0;
  return pattern.parts.map((part, at) => {
    if ('text' in part) return { dynamicTokenPosition: 0, isDynamic: false, tokenString: part.text };
    const name = nameOf(pattern, at);
    const values = pattern.values[at];
    return {
      dynamicTokenPosition: ++number,
      isDynamic: true,
      tokenString: `<${name}-${number}>`,
      ...(values && { enumerations: { ...values } }),
      inferredTokenName: name,
    };
  });
}
