/**
 * Results of queries in a bucket: a file of comma-separated values, and after it the sign file that proves it. Each is
 * put by CloudTrail on behalf of the event data store; what a bucket refuses is the query's delivery status.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-query-results-validation.html
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type DeliveryStatus, InvalidParameterException, InvalidS3PrefixException } from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { csvLine } from '../../core/csv.ts';
import { fail } from '../../core/errors.ts';
import { later, pauseOf, type TaskHandler } from '../../core/tasks.ts';
import { codeOf, isDenied, refuseBucket } from './destinations.ts';
import { ALGORITHM, second, signatureOf } from './digestFiles.ts';
import { inNameOf } from './eventDataStoreNames.ts';
import { type EventDataStore, type Query, type QueryDelivery, queries } from './lakeRows.ts';
import { dayPath } from './logFiles.ts';
import { signerIn } from './publicKeys.ts';
import { resultsPage } from './queryResults.ts';
import { storeOfId } from './storeKeys.ts';

const KIND = 'cloudtrail.results';
const PREFIX_LENGTH_MAX = 200;
const GIVEN_UP_AFTER_MS = 3_600_000;

/** What a query remembers of `DeliveryS3Uri`. @throws where the bucket does not let CloudTrail in */
export async function deliveryTo(ctx: Context, store: EventDataStore, uri: string): Promise<QueryDelivery> {
  const { bucket, prefix } = placeOf(uri);
  if (bucket === '') fail(InvalidParameterException, `The S3 URI ${uri} names no bucket.`);
  if (prefix.length > PREFIX_LENGTH_MAX) {
    fail(InvalidS3PrefixException, `S3 prefix is longer than maximum length of ${PREFIX_LENGTH_MAX} characters.`);
  }
  await ctx
    .call('s3', 'GetBucketAcl', { Bucket: bucket }, inNameOf(store))
    .catch((error: unknown) => refuseBucket(ctx, bucket, error));
  return { uri, status: 'PENDING' };
}

/** Of a query that ends without results. */
export const undelivered = ({ delivery }: Query, status: 'CANCELLED' | 'FAILED') =>
  delivery && { delivery: { ...delivery, status } };

function placeOf(uri: string) {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(uri) ?? [];
  return { bucket, prefix: prefix.replace(/\/+$/, '') };
}

interface File {
  readonly fileHashValue: string;
  readonly fileName: string;
}

interface Step {
  readonly query: readonly string[];
  /** Those that the sign file is for; absent: they are to be put yet. */
  readonly files?: readonly File[];
}

/** Owes the files of a query that has found what it was asked for. */
export const deliverResults = (ctx: Context, query: Query): Promise<void> =>
  later<Step>(ctx, { kind: KIND, body: { query: queries.key(query) } });

export const resultsDelivery: Pick<TaskHandler<Step>, 'settle' | 'failed'> = {
  async settle({ body: { query: key, files } }, ctx) {
    const query = await ctx.store.get(queries, key);
    if (query?.delivery?.status !== 'PENDING') return undefined;
    if (files) {
      await putFile(ctx, query, 'result_sign.json', Buffer.from(await signFile(ctx, files)));
      await note(ctx, query, 'SUCCESS');
      return undefined;
    }
    const fileName = 'result_1.csv.gz';
    const packed = await packedResults(ctx, query);
    await putFile(ctx, query, fileName, packed);
    const fileHashValue = createHash('sha256').update(packed).digest('hex');
    await later<Step>(ctx, { kind: KIND, body: { query: key, files: [{ fileHashValue, fileName }] } });
    return undefined;
  },
  async failed(task, ctx, error) {
    const query = await ctx.store.get(queries, task.body.query);
    if (query?.delivery?.status !== 'PENDING') return undefined;
    const status = statusAfter(error);
    if (status === 'FAILED' && ctx.now.getTime() - task.given < GIVEN_UP_AFTER_MS) return pauseOf(task.attempt);
    const ofSigning = task.body.files && (status === 'FAILED' || status === 'ACCESS_DENIED');
    await note(ctx, query, ofSigning ? `${status}_SIGNING_FILE` : status);
    return undefined;
  },
};

function statusAfter(error: unknown) {
  const code = codeOf(error);
  if (code === 'NoSuchBucket') return 'RESOURCE_NOT_FOUND';
  return isDenied(code) ? 'ACCESS_DENIED' : 'FAILED';
}

const note = (ctx: Context, query: Query, status: DeliveryStatus): Promise<void> =>
  ctx.store.replace(queries, { ...query, delivery: { uri: query.delivery?.uri ?? '', status } });

async function putFile(ctx: Context, query: Query, name: string, bytes: Uint8Array): Promise<void> {
  const { bucket, prefix } = placeOf(query.delivery?.uri ?? '');
  const day = dayPath(new Date(query.created));
  const folder = `${prefix && `${prefix}/`}AWSLogs/${query.account}/CloudTrail-Lake/Query/${day}/${query.id}`;
  const input = {
    ...{ Bucket: bucket, Key: `${folder}/${name}`, ACL: 'bucket-owner-full-control' },
    ...{ Body: bytes, ContentLength: bytes.length },
  };
  await ctx.call(
    's3',
    'PutObject',
    input,
    inNameOf((await storeOfId(ctx, query.store)) ?? { ...query, id: query.store }),
  );
}

async function packedResults(ctx: Context, query: Query): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await pipeline(linesOf(ctx, query), createGzip(), async (packed: AsyncIterable<Buffer>) => {
    for await (const chunk of packed) chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

/** The names of the columns, and all rows: a page of them at a time. Nothing where nothing was found. */
async function* linesOf(ctx: Context, query: Query): AsyncGenerator<string> {
  for (let n = 0; n < (query.pages ?? 0); n++) {
    const { columns, rows } = await resultsPage(ctx, query, n);
    const lines = rows.map((row) => csvLine(row.map((value) => value ?? '')));
    yield [...(n === 0 ? [csvLine(columns)] : []), ...lines].map((line) => `${line}\n`).join('');
  }
}

async function signFile(ctx: Context, files: readonly File[]): Promise<string> {
  const { key, fingerprint } = await signerIn(ctx, ctx.region);
  const hashes = files.map(({ fileHashValue }) => fileHashValue).join(' ');
  return JSON.stringify({
    version: '1.0',
    region: ctx.region,
    files,
    hashAlgorithm: 'SHA-256',
    signatureAlgorithm: ALGORITHM,
    queryCompleteTime: second(ctx.now.getTime()),
    hashSignature: await signatureOf(hashes, key),
    publicKeyFingerprint: fingerprint,
  });
}
