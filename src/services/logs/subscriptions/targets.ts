/** The streams that events are sent to: a row for each service. */
import { createHash } from 'node:crypto';
import { type Arn, parseArn } from '../../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../../core/context.ts';
import { deliveryStreamIn, putRecord } from '../../../core/deliveryStreams.ts';
import { AccessDenied, CommonError } from '../../../core/errors.ts';
import { assumedByService } from '../../../identity/serviceRoles.ts';
import { controlMessage } from './payloads.ts';

interface Kind {
  /** As control messages call it, and metrics. */
  readonly called: string;
  readonly metric: 'Kinesis' | 'Firehose';
  readonly put: (ctx: Context, target: Target, sent: Sent) => Promise<unknown>;
}

export interface Sent {
  readonly data: Uint8Array;
  /** Records of the same one stay in order. */
  readonly key: string;
}

export interface Target {
  readonly kind: Kind;
  readonly text: string;
  readonly arn: Arn;
  readonly caller: Caller;
}

const STREAM = /^stream\/[\w.-]{1,128}$/;

const KINDS: Readonly<Record<string, Kind>> = {
  kinesis: {
    called: 'Kinesis stream',
    metric: 'Kinesis',
    put: (ctx, { text, arn, caller }, { data, key }) =>
      ctx.call('kinesis', 'PutRecord', { StreamARN: text, Data: data, PartitionKey: key }, caller, arn.region),
  },
  firehose: {
    called: 'Firehose',
    metric: 'Firehose',
    put: (ctx, { text, caller }, { data }) => putRecord(ctx, text, data, caller),
  },
};

/** Undefined for what is no stream of ours. */
export function streamNamed(text: string): { readonly kind: Kind; readonly arn: Arn } | undefined {
  const arn = parseArn(text);
  const kind = KINDS[arn?.service ?? ''];
  if (!arn || !kind || arn.partition !== 'aws' || !/^\d{12}$/.test(arn.account)) return undefined;
  return STREAM.test(arn.resource) || deliveryStreamIn(arn.resource) !== undefined ? { kind, arn } : undefined;
}

/** Records of a log stream, in the form of AWS's. */
export const streamKey = (account: string, group: string, stream: string): string =>
  createHash('md5').update(`${account}:${group}:${stream}`).digest('hex');

export const randomKey = ({ random }: Pick<Context, 'random'>): string => Buffer.from(random(16)).toString('hex');

/** Who the service acts for: `aws:SourceArn` and `aws:SourceAccount` of the role's trust policy. */
export interface Behalf {
  readonly arn: string;
  readonly account: string;
}

/** The service in the role that leads there. Trust policies name it with a Region or without. */
export async function targetOf(ctx: Context, text: string, role: string, behalf: Behalf): Promise<Target | undefined> {
  const stream = streamNamed(text);
  if (!stream) return undefined;
  const as = (service: string) => assumedByService(ctx, role, servicePrincipal(service, behalf));
  const caller = await as('logs.amazonaws.com').catch((error: unknown) => {
    if (!(error instanceof AccessDenied)) throw error;
    return as(`logs.${ctx.region}.amazonaws.com`);
  });
  return { ...stream, text, caller };
}

/** Whether a control message arrives. */
export async function takesControlMessage(ctx: Context, text: string, role: string, behalf: Behalf): Promise<boolean> {
  try {
    const target = await targetOf(ctx, text, role, behalf);
    if (!target) return false;
    const data = await controlMessage(target.kind.called, ctx.now);
    await target.kind.put(ctx, target, { data, key: streamKey('CloudwatchLogs', '', '') });
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  }
}

/** What a service answers; all else is none of its words. */
export const isRefusal = (error: unknown): error is Error =>
  error instanceof AccessDenied || error instanceof CommonError || (error instanceof Error && '$fault' in error);

const THROTTLED = /Throttl|ProvisionedThroughputExceeded|LimitExceeded|TooManyRequests|ServiceUnavailable|SlowDown/;

/** What an error of a stream means for what was sent. */
export function outcomeOf(error: unknown): 'throttled' | 'failed' | 'refused' {
  if (!isRefusal(error)) return 'failed';
  if (THROTTLED.test(error.name)) return 'throttled';
  const { $fault: fault, status } = error as { $fault?: string; status?: number };
  return error instanceof AccessDenied || fault === 'client' || (status !== undefined && status < 500)
    ? 'refused'
    : 'failed';
}
