/**
 * Server access logs: a line for each request to a bucket that is logged, gathered and delivered every few minutes as
 * an object of the target bucket, in the name of S3's log delivery.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
import type { Context } from '../../core/context.ts';
import type { Told } from '../../core/front.ts';
import { timeUuid } from '../../core/ids.ts';
import { later } from '../../core/tasks.ts';
import { AUTHENTICATION } from './access.ts';
import { type AccessLogLine, accessLogLines, LOG_DELIVERY, LOG_INTERVAL_MS, logDeliveries } from './accessLogTasks.ts';
import { ownerId } from './grants.ts';
import { hostIdOf } from './notices.ts';
import type { BucketSettings } from './settings.ts';

/** In a write set of its own, behind the answer's. */
export async function keepLine(ctx: Context, settings: BucketSettings, told: Told): Promise<void> {
  const { bucket, account, region } = settings;
  const now = ctx.now.getTime();
  const line: AccessLogLine = { bucket, id: timeUuid(ctx.now, ctx), time: now, text: lineOf(ctx, settings, told) };
  await ctx.store.insert(accessLogLines, line);
  if (!(await ctx.store.insert(logDeliveries, { bucket }))) return; // Owed already.
  await later(ctx, { kind: LOG_DELIVERY, id: bucket, due: now + LOG_INTERVAL_MS, body: { bucket }, account, region });
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `06/Feb/2019:00:00:38 +0000` */
function timeOf(now: Date): string {
  const [date = '', time = ''] = now.toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

function lineOf(ctx: Context, settings: BucketSettings, told: Told): string {
  const { source, requestId } = ctx;
  const { request, error, response, elapsedMs } = told;
  const input = (told.input ?? {}) as { Key?: string; VersionId?: string };
  const output = (told.output ?? {}) as { ContentLength?: number; ContentRange?: string };
  const uri = `${request.method} ${request.path}${request.query === '' ? '' : `?${request.query}`} HTTP/1.1`;
  const { signature } = source;
  const size = output.ContentRange?.split('/')[1] ?? output.ContentLength;
  const fields = [
    ownerId(settings.account),
    settings.bucket,
    `[${timeOf(ctx.now)}]`,
    source.ip || '-',
    requesterOf(ctx),
    requestId,
    operationOf(told),
    input.Key === undefined ? '-' : encodeURIComponent(encodeURIComponent(input.Key)).replaceAll('%252F', '/'),
    quoted(uri),
    response.status,
    error ?? '-',
    sentBytes(told) || '-',
    size ?? '-',
    elapsedMs,
    elapsedMs,
    source.referer === undefined ? '"-"' : quoted(source.referer),
    source.userAgent === '' ? '"-"' : quoted(source.userAgent),
    input.VersionId ?? '-',
    hostIdOf(requestId),
    signature ? 'SigV4' : '-',
    source.tls?.cipher ?? '-',
    signature ? AUTHENTICATION[signature.kind] : '-',
    source.host || '-',
    source.tls?.version ?? '-',
    '-',
    '-',
  ];
  return `${fields.join(' ')}\n`;
}

const quoted = (text: string) => `"${text.replaceAll('"', '%22').replace(/[\r\n]/g, ' ')}"`;

/** The canonical id of an account's root, the ARN of all others. */
function requesterOf({ caller }: Context): string {
  if (caller.type === 'Anonymous') return '-';
  return caller.type === 'Root' ? ownerId(caller.account) : caller.arn;
}

export function sentBytes({ request, response, output }: Told): number {
  if (request.method === 'HEAD') return 0;
  const { body } = response;
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : ((output as { ContentLength?: number }).ContentLength ?? 0);
}

/** What requests to a bucket's settings are called, where it is not the name in the query. */
const RESOURCES: Readonly<Record<string, string>> = {
  policy: 'BUCKETPOLICY',
  policyStatus: 'BUCKETPOLICYSTATUS',
  logging: 'LOGGING_STATUS',
  versions: 'BUCKETVERSIONS',
  delete: 'MULTI_OBJECT_DELETE',
  publicAccessBlock: 'PUBLIC_ACCESS_BLOCK',
  ownershipControls: 'OWNERSHIP_CONTROLS',
  'object-lock': 'OBJECT_LOCK_CONFIGURATION',
  'legal-hold': 'OBJECT_LOCK_LEGALHOLD',
  retention: 'OBJECT_LOCK_RETENTION',
  requestPayment: 'REQUEST_PAYMENT',
};

/** `REST.PUT.OBJECT` */
function operationOf({ request, operation, input }: Told): string {
  const key = (input as { Key?: string } | undefined)?.Key;
  if (operation === 'CopyObject') return 'REST.COPY.OBJECT';
  if (operation === 'UploadPart' || operation === 'UploadPartCopy') return `REST.${request.method}.PART`;
  const names = request.query.split('&').map((pair) => pair.split('=')[0] ?? '');
  if (names.includes('uploadId')) return `REST.${request.method}.UPLOAD`;
  const asked = names.find((name) => SUBRESOURCES.has(name));
  if (asked === undefined) return `REST.${request.method}.${key === undefined ? 'BUCKET' : 'OBJECT'}`;
  if (asked === 'tagging' && key !== undefined) return `REST.${request.method}.OBJECT_TAGGING`;
  return `REST.${request.method}.${RESOURCES[asked] ?? asked.toUpperCase()}`;
}

const SUBRESOURCES = new Set([
  ...Object.keys(RESOURCES),
  'acl',
  'accelerate',
  'analytics',
  'attributes',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'lifecycle',
  'location',
  'metrics',
  'notification',
  'replication',
  'restore',
  'tagging',
  'torrent',
  'uploads',
  'versioning',
  'website',
]);
