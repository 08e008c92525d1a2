/** Models and anomalies of detectors that have a KMS key: sealed under the detector's data key. */
import { createHmac } from 'node:crypto';
import type { Context } from '../../../core/context.ts';
import { openUnder, sealUnder } from '../../../core/dataKeys.ts';
import { plainKey } from '../resourceKeys.ts';
import { type Detector, detectorArn, type FoundAnomaly, type Told } from './detectorRows.ts';

const keyOf = async (ctx: Context, detector: Detector): Promise<Uint8Array | undefined> =>
  detector.kms && plainKey(ctx, detector.kms, detectorArn(detector));

export async function sealedBytes(ctx: Context, detector: Detector, bytes: Uint8Array): Promise<Uint8Array> {
  const key = await keyOf(ctx, detector);
  return key ? sealUnder(key, bytes, ctx.random(12), detector.id) : bytes;
}

export async function openedBytes(ctx: Context, detector: Detector, bytes: Uint8Array): Promise<Uint8Array> {
  const key = await keyOf(ctx, detector);
  return key ? openUnder(key, bytes, detector.id) : bytes;
}

/** What a detector's rows call something: nobody reads of it what it is. */
export async function secretName(ctx: Context, detector: Detector, name: string): Promise<string> {
  const key = await keyOf(ctx, detector);
  return key ? createHmac('sha256', key).update(name).digest('hex') : name;
}

const NOTHING: Told = { text: '', regex: '', tokens: [], description: '', histogram: {}, samples: [] };

/** The anomaly as its row holds it. */
export async function sealedAnomaly(ctx: Context, detector: Detector, anomaly: FoundAnomaly): Promise<FoundAnomaly> {
  const key = await keyOf(ctx, detector);
  if (!key) return anomaly;
  const { text, regex, tokens, description, histogram, samples } = anomaly;
  const told = JSON.stringify({ text, regex, tokens, description, histogram, samples } satisfies Told);
  const sealed = sealUnder(key, Buffer.from(told), ctx.random(12), anomaly.id).toString('base64');
  return { ...anomaly, ...NOTHING, sealed };
}

/** The anomaly as it was found. @throws AccessDeniedException where the key is of no use (any more) */
export async function openedAnomaly(ctx: Context, detector: Detector, row: FoundAnomaly): Promise<FoundAnomaly> {
  const { sealed: text, ...anomaly } = row;
  const key = text === undefined ? undefined : await keyOf(ctx, detector);
  if (text === undefined || !key) return row;
  return { ...anomaly, ...(JSON.parse(openUnder(key, Buffer.from(text, 'base64'), row.id).toString()) as Told) };
}
