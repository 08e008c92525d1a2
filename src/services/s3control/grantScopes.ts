/**
 * What of S3 a grant is about, and what a policy for it says. A scope is `s3://bucket/prefix*` or, without the asterisk,
 * one object; no other character of it stands for others.
 */
import type { Permission } from '@aws-sdk/client-s3-control';

const SCOPE = /^s3:\/\/(?:([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?)?$/s;

/** Bucket and key pattern; an empty bucket: all of S3. Undefined if it is no scope. */
export function scopeIn(text: string): { readonly bucket: string; readonly key: string } | undefined {
  const [found, bucket = '', key = ''] = SCOPE.exec(text) ?? [];
  return found === undefined ? undefined : { bucket, key };
}

/** A location with what narrows it. Undefined where that is no scope of objects. */
export function narrowed(location: string, subPrefix: string | undefined, isObject: boolean): string | undefined {
  const bare = location.replace(/\*$/, '');
  const base = bare === 's3://' || bare.slice('s3://'.length).includes('/') ? bare : `${bare}/`;
  if (subPrefix === undefined && base === 's3://') return undefined;
  const scope = base + (subPrefix ?? '*');
  const within = scopeIn(scope);
  if (!within || within.bucket === '' || within.key === '' || isObject === within.key.endsWith('*')) return undefined;
  return scope;
}

/** Whether all that the one is about is of the other. */
export function isWithin(scope: string, of: string): boolean {
  if (!of.endsWith('*')) return scope === of;
  return scope.replace(/\*$/, '').startsWith(of.slice(0, -1));
}

const READS = ['GetObject', 'GetObjectVersion', 'GetObjectAcl', 'GetObjectVersionAcl', 'ListMultipartUploadParts'];
const WRITES = [
  'PutObject',
  'PutObjectAcl',
  'PutObjectVersionAcl',
  'DeleteObject',
  'DeleteObjectVersion',
  'AbortMultipartUpload',
];

export const permits = (granted: Permission, asked: Permission): boolean =>
  granted === asked || granted === 'READWRITE';

/** Characters that would stand for others in a policy. */
const literal = (text: string) => text.replace(/[$*?]/g, (char) => `\${${char}}`);

/** The session policy that leaves of a location's role what a grant is about. */
export function policyFor(scope: string, permission: Permission, region: string): string {
  const { bucket, key } = scopeIn(scope)!;
  const pattern = key.endsWith('*') ? `${literal(key.slice(0, -1))}*` : literal(key);
  const reads = permission !== 'WRITE';
  const writes = permission !== 'READ';
  const actions = [...(reads ? READS : []), ...(writes ? WRITES : [])].map((name) => `s3:${name}`);
  const Statement: object[] = [{ Effect: 'Allow', Action: actions, Resource: `arn:aws:s3:::${bucket}/${pattern}` }];
  if (reads && key.endsWith('*')) {
    const Condition = key === '*' ? undefined : { StringLike: { 's3:prefix': pattern } };
    const Action = ['s3:ListBucket', 's3:ListBucketVersions'];
    Statement.push({ Effect: 'Allow', Action, Resource: `arn:aws:s3:::${bucket}`, ...(Condition && { Condition }) });
  }
  Statement.push({
    Effect: 'Allow',
    Action: ['kms:Decrypt', ...(writes ? ['kms:GenerateDataKey'] : [])],
    Resource: '*',
    Condition: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
  });
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
