/** How log delivery writes: into log groups and buckets in its own name, into delivery streams in a role. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { accountOf, parseArn } from '../../../core/arn.ts';
import { type Caller, type Context, servicePrincipal } from '../../../core/context.ts';
import { putRecords } from '../../../core/deliveryStreams.ts';
import { logGroupName, writeLogEvents } from '../../../core/logWriting.ts';
import type { VendedRecord } from '../../../core/vendedLogs.ts';
import { assumedByService } from '../../../identity/serviceRoles.ts';
import { LOG_DELIVERY, ROLE } from './grants.ts';

interface Load {
  /** Of the log group, bucket or delivery stream. */
  readonly arn: string;
  readonly records: readonly VendedRecord[];
}

export async function toGroup(
  ctx: Context,
  { arn, records, stream }: Load & { readonly stream: string },
  as: Caller,
): Promise<void> {
  const logEvents = records.map(({ time: timestamp, text: message }) => ({ timestamp, message }));
  const writing = { logGroupName: logGroupName(arn), logStreamName: stream, logEvents };
  await writeLogEvents(ctx, writing, as, parseArn(arn)!.region);
}

interface Object extends Load {
  /** Behind the prefix that the bucket's ARN may have. */
  readonly folder: string;
  /** How the object's name begins. */
  readonly file: string;
  /** Of whatever it is that delivers: objects of two have different names. */
  readonly id: string;
}

const zipped = promisify(gzip);

export async function toBucket(ctx: Context, load: Object, as: Caller): Promise<void> {
  const { arn, records, folder, file, id } = load;
  const [Bucket = '', ...prefix] = (parseArn(arn)?.resource ?? '').split('/');
  const text = records.map((record) => `${record.text}\n`).join('');
  const minute = `${ctx.now.toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
  const hash = createHash('sha256').update(`${id} ${minute} ${text}`).digest('hex').slice(0, 8);
  const Key = `${[...prefix.filter(Boolean), folder].join('/')}/${file}_${minute}_${hash}.log.gz`;
  const put = { Bucket, Key, Body: await zipped(text), ACL: 'bucket-owner-full-control' };
  await ctx.call('s3', 'PutObject', put, as);
}

/** In the service-linked role of whoever has the stream. */
export async function toStream(ctx: Context, { arn, records }: Load): Promise<void> {
  const role = `arn:aws:iam::${accountOf(arn)}:role/aws-service-role/${LOG_DELIVERY}/${ROLE}`;
  const as = await assumedByService(ctx, role, servicePrincipal(LOG_DELIVERY), 'LogDelivery');
  await putRecords(
    ctx,
    arn,
    records.map(({ text }) => Buffer.from(`${text}\n`)),
    as,
  );
}
