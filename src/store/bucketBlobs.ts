/**
 * Blobs in a bucket of any S3-compatible store. What lies there is encrypted already; the store needs to be durable and
 * no more. Credentials come from where AWS's SDKs look for them.
 */
import { type CompletedPart, S3 } from '@aws-sdk/client-s3';
import type { BlobDriver } from './blobs.ts';

/** Sent at once, or in parts of so many bytes. */
const PART_BYTES = 8 * 1024 * 1024;

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * `s3://bucket/prefix` is AWS; `https://host:port/bucket/prefix` another store. `?region=` names the Region (us-east-1).
 * @throws Error for a URL that names no bucket.
 */
export function bucketBlobs(url: string): BlobDriver {
  const { protocol, origin, host, pathname, searchParams } = new URL(url);
  const own = protocol === 's3:';
  const [bucket = '', ...prefix] = `${own ? host : ''}${pathname}`.replace(/^\//, '').split('/');
  if (bucket === '' || !/^(s3|https?):$/.test(protocol)) throw new Error(`${url} names no bucket.`);
  const s3 = new S3({
    region: searchParams.get('region') ?? 'us-east-1',
    ...(!own && { endpoint: origin, forcePathStyle: true }),
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const place = (id: string): Place => ({
    Bucket: bucket,
    Key: [...prefix, id].filter((part) => part !== '').join('/'),
  });
  return {
    write: (id, bytes) => written(s3, place(id), bytes),
    async *read(id, start, end) {
      if (start >= end) return;
      const { Body } = await theirs(s3.getObject({ ...place(id), Range: `bytes=${start}-${end - 1}` }));
      yield* Body as unknown as AsyncIterable<Uint8Array>;
    },
    async remove(id) {
      await theirs(s3.deleteObject(place(id)));
    },
  };
}

/** What the store refuses is told as a failure of the plane: its NoSuchKey is none of the client's. */
async function theirs<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    throw new Error(`The store of blobs failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

async function written(s3: S3, place: Place, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = partsOf(bytes);
  const first = await iterator.next();
  const Body = first.value ?? Buffer.alloc(0);
  if (first.done || Body.length < PART_BYTES) {
    await theirs(s3.putObject({ ...place, Body }));
    return;
  }
  const { UploadId } = await theirs(s3.createMultipartUpload(place));
  try {
    const Parts: CompletedPart[] = [];
    for (let part: IteratorResult<Buffer> = first; !part.done; part = await iterator.next()) {
      const PartNumber: number = Parts.length + 1;
      const { ETag } = await theirs(s3.uploadPart({ ...place, UploadId, PartNumber, Body: part.value }));
      Parts.push({ ...(ETag !== undefined && { ETag }), PartNumber });
    }
    await theirs(s3.completeMultipartUpload({ ...place, UploadId, MultipartUpload: { Parts } }));
  } catch (error) {
    await s3.abortMultipartUpload({ ...place, UploadId }).catch(() => undefined); // It may be away altogether.
    throw error;
  }
}

/** Of one size, but the last. */
async function* partsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    // A chunk may be lent for this turn only.
    chunks.push(Uint8Array.from(chunk));
    length += chunk.length;
    if (length < PART_BYTES) continue;
    yield Buffer.concat(chunks);
    chunks = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(chunks);
}
