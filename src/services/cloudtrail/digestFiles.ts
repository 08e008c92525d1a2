/**
 * A digest file: the log files that were delivered in an hour with their hashes, bound by hash and signature to the
 * digest before it.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { DigestChain } from './digestChains.ts';
import { dayPath } from './logFiles.ts';

export const ALGORITHM = 'SHA256withRSA';

export interface DigestFacts {
  readonly account: string;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly bucket: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly previous: DigestChain | undefined;
  readonly files: readonly FileFacts[];
}

interface FileFacts {
  readonly bucket: string;
  readonly key: string;
  readonly hash: string;
  readonly oldest: number;
  readonly newest: number;
}

/** `2015-08-17T15:01:31Z` */
export const second = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;

export function digestText({ previous, files, ...digest }: DigestFacts): string {
  const newest = files.map((file) => file.newest).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const oldest = files.map((file) => file.oldest).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return JSON.stringify({
    awsAccountId: digest.account,
    digestStartTime: second(digest.start),
    digestEndTime: second(digest.end),
    digestS3Bucket: digest.bucket,
    digestS3Object: digest.key,
    digestPublicKeyFingerprint: digest.fingerprint,
    digestSignatureAlgorithm: ALGORITHM,
    newestEventTime: files.length === 0 ? null : second(newest),
    oldestEventTime: files.length === 0 ? null : second(oldest),
    previousDigestS3Bucket: previous?.bucket ?? null,
    previousDigestS3Object: previous?.key ?? null,
    previousDigestHashValue: previous?.hash ?? null,
    previousDigestHashAlgorithm: previous ? 'SHA-256' : null,
    previousDigestSignature: previous?.signature ?? null,
    logFiles: files.map((file) => ({
      s3Bucket: file.bucket,
      s3Object: file.key,
      hashValue: file.hash,
      hashAlgorithm: 'SHA-256',
      newestEventTime: second(file.newest),
      oldestEventTime: second(file.oldest),
    })),
  });
}

/** Below the folder `CloudTrail-Digest`. `home`: the trail's Region; `region`: where the digest is from. */
export function digestName(
  trail: { readonly name: string; readonly region: string },
  account: string,
  region: string,
  end: number,
): string {
  const time = second(end).replace(/[-:]/g, '');
  const name = `${account}_CloudTrail-Digest_${region}_${trail.name}_${trail.region}_${time}.json.gz`;
  return `${region}/${dayPath(new Date(end))}/${name}`;
}

const signed = promisify(sign);

/** In hexadecimal. By a thread of the pool. */
export const signatureOf = async (text: string, key: KeyObject): Promise<string> =>
  (await signed('sha256', Buffer.from(text), key)).toString('hex');

const compressed = promisify(gzip);

export interface SignedDigest {
  readonly data: Buffer;
  readonly hash: string;
  /** In hexadecimal. */
  readonly signature: string;
}

/** Signed and compressed by threads of the pool. */
export async function signedDigest(facts: DigestFacts, key: KeyObject): Promise<SignedDigest> {
  const content = Buffer.from(digestText(facts));
  const hash = createHash('sha256').update(content).digest('hex');
  const toSign = [second(facts.end), `${facts.bucket}/${facts.key}`, hash, facts.previous?.signature ?? 'null'].join(
    '\n',
  );
  const signature = await signatureOf(toSign, key);
  return { data: await compressed(content), hash, signature };
}
