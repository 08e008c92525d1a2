/**
 * How requests name a bucket: in the path, or in the host name before that of S3. The model knows the path only.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
import type { Address } from '../../core/operation.ts';
import { isBucketName } from './bucketNames.ts';
import { s3Error } from './errors.ts';

const AWS =
  /^(?:(.+)\.)?s3(?:-accelerate(?:\.dualstack)?|[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com$/;

/** `name-111122223333.s3-accesspoint.us-east-1.amazonaws.com` */
const ACCESS_POINT = /^([a-z0-9-]+-\d{12})\.s3-accesspoint(?:\.dualstack)?\.[a-z0-9-]+\.amazonaws\.com$/;

/** `alias.mrap.accesspoint.s3-global.amazonaws.com` */
const MULTI_REGION = /^([a-z0-9]+\.mrap)\.accesspoint\.s3-global\.amazonaws\.com$/;

/** The bucket in the host name, or what stands for one; undefined where there is none. */
export function bucketInHost(host: string, endpoint: string): string | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  const aws = ACCESS_POINT.exec(name) ?? MULTI_REGION.exec(name) ?? AWS.exec(name);
  if (aws) return aws[1];
  for (const base of [hostOf(endpoint), 'localhost']) {
    if (base !== '' && !/^[\d.]+$|\[/.test(base) && name.endsWith(`.${base}`)) {
      const bucket = name.slice(0, -base.length - 1).replace(/(^|\.)s3(\.[a-z0-9-]+)?$/, '');
      return bucket !== '' && isBucketName(bucket) ? bucket : undefined;
    }
  }
  return undefined;
}

const hosts = new Map<string, string>();

function hostOf(endpoint: string): string {
  let host = hosts.get(endpoint);
  if (host === undefined) hosts.set(endpoint, (host = URL.canParse(endpoint) ? new URL(endpoint).hostname : ''));
  return host;
}

/** The request with its bucket in the path, and the headers that a presigned URL has in its query. */
export function understood({ path: sent, query, headers, endpoint }: Address): Pick<Address, 'path' | 'headers'> {
  if (/(?:^|&)AWSAccessKeyId=/.test(query) && query.includes('Signature=')) throw oldSignature();
  const bucket = bucketInHost(headers.host ?? '', endpoint);
  return {
    path: bucket === undefined ? sent : `/${bucket}${sent === '/' ? '' : sent}`,
    headers: query.includes('X-Amz-Algorithm=') ? withHoisted(query, headers) : headers,
  };
}

/** Signature Version 2: a link that it protects must not be taken for one without protection. */
const oldSignature = () =>
  s3Error('InvalidRequest', {
    message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  });

function withHoisted(query: string, headers: Address['headers']): Address['headers'] {
  const hoisted: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') && !SIGNATURE.has(lower)) hoisted[lower] = value;
  }
  return { ...hoisted, ...headers };
}

const SIGNATURE = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signature',
  'x-amz-signedheaders',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);
