/** What policies are told of requests to S3: keys that AWS's own policies are written with. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const Bucket = 'asked-about';
const allow = (Action: string | string[], Condition?: object) => statement('Allow', Action, Condition);
const deny = (Action: string | string[], Condition?: object) => statement('Deny', Action, Condition);
const statement = (Effect: string, Action: string | string[], Condition?: object) => ({
  ...{ Effect, Action, Resource: '*' },
  ...(Condition && { Condition }),
});
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
const denied = (asked: Promise<unknown>) => rejected(asked, 'AccessDenied', /not authorized|Access Denied/);

async function asking(...statements: object[]) {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  const alice = await cloud.user('alice', document(...statements));
  return { cloud, s3, alice: alice.s3, alices: alice };
}

const at = { Bucket, Key: 'k' };

test('writes are made conditional by the policy of AWS’s guide, which lets uploads in parts be begun and fed', async () => {
  const conditional = { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } };
  const { alice } = await asking(allow('s3:PutObject'), deny('s3:PutObject', conditional));
  await denied(alice.putObject({ ...at, Body: 'x' }));
  await alice.putObject({ ...at, Body: 'x', IfNoneMatch: '*' });
  const parts = { Bucket, Key: 'parts' };
  const { UploadId } = await alice.createMultipartUpload(parts);
  const { ETag } = await alice.uploadPart({ ...parts, UploadId, PartNumber: 1, Body: 'part' });
  const complete = { ...parts, UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } };
  await denied(alice.completeMultipartUpload(complete));
  await alice.completeMultipartUpload({ ...complete, IfNoneMatch: '*' });
});

test('whoever compares an entity tag needs permission to read the object; with an asterisk nothing is read', async () => {
  const { s3, alice, cloud } = await asking(allow(['s3:PutObject', 's3:DeleteObject']));
  const { ETag: IfMatch } = await s3.putObject({ ...at, Body: 'x' });
  await denied(alice.putObject({ ...at, Body: 'y', IfMatch }));
  await denied(alice.deleteObject({ ...at, IfMatch }));
  const Delete = { Objects: [{ Key: 'k', ETag: IfMatch }] };
  assert.equal((await alice.deleteObjects({ Bucket, Delete })).Errors?.[0]?.Code, 'AccessDenied');
  await alice.deleteObject({ ...at, IfMatch: '*' });
  const bob = await cloud.user('bob', document(allow(['s3:PutObject', 's3:DeleteObject', 's3:GetObject'])));
  const { ETag } = await s3.putObject({ ...at, Body: 'x' });
  const again = await bob.s3.putObject({ ...at, Body: 'y', IfMatch: ETag });
  await rejected(bob.s3.deleteObject({ ...at, IfMatch: ETag }), 'PreconditionFailed', /did not hold/);
  await bob.s3.deleteObject({ ...at, IfMatch: again.ETag });
});

test('removals are made conditional by policy; of a deleted object no condition holds', async () => {
  const { s3, alice } = await asking(allow('s3:*'), deny('s3:DeleteObject', { Null: { 's3:if-match': 'true' } }));
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  const { ETag } = await s3.putObject({ ...at, Body: 'x' });
  await denied(alice.deleteObject(at));
  const listed = (tag?: string) =>
    alice.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'k', ...(tag !== undefined && { ETag: tag }) }] } });
  assert.equal((await listed()).Errors?.[0]?.Code, 'AccessDenied');
  assert.equal((await listed(ETag)).Deleted?.[0]?.DeleteMarker, true);
  await rejected(alice.deleteObject({ ...at, IfMatch: '*' }), 'PreconditionFailed', /did not hold/);
});

test('every request tells how it is signed and whose the thing is, also to S3 Control and about no bucket', async () => {
  const own = { StringEquals: { 's3:ResourceAccount': '111122223333', 's3:authType': 'REST-HEADER' } };
  const { alice, alices } = await asking(allow('s3:*', own));
  const AccountId = '111122223333';
  await alice.createBucket({ Bucket: 'another-one' });
  await alice.listBuckets({});
  await alices.s3control.createAccessPoint({ AccountId, Name: 'a-point', Bucket });
  await alices.s3control.listAccessPoints({ AccountId });
  await rejected(
    alices.s3control.getPublicAccessBlock({ AccountId }),
    'NoSuchPublicAccessBlockConfiguration',
    /not found/,
  );
  const elsewhere = await asking(allow('s3:*', { StringNotEquals: { 's3:ResourceAccount': '111122223333' } }));
  await denied(elsewhere.alice.createBucket({ Bucket: 'another-one' }));
  await denied(elsewhere.alices.s3control.listAccessPoints({ AccountId }));
});

test('what is said of annotations and redirects is told, too', async () => {
  const key = (name: string, value: string) => ({ StringEquals: { [`s3:${name}`]: value } });
  const { s3, alice } = await asking(
    allow(['s3:GetObject', 's3:PutObjectAnnotation', 's3:ListObjectAnnotations']),
    allow('s3:PutObject', key('x-amz-website-redirect-location', '/there')),
    allow('s3:PutObject', key('x-amz-object-annotation-directive', 'EXCLUDE')),
    deny('s3:PutObjectAnnotation', { Null: { 's3:x-amz-object-if-match': 'true' } }),
    deny('s3:ListObjectAnnotations', { NumericGreaterThan: { 's3:max-annotation-results': '5' } }),
  );
  const { ETag } = await s3.putObject({ ...at, Body: 'x' });
  await denied(alice.putObject({ Bucket, Key: 'r', Body: '' }));
  await alice.putObject({ Bucket, Key: 'r', Body: '', WebsiteRedirectLocation: '/there' });
  const copy = { Bucket, Key: 'c', CopySource: `${Bucket}/k` };
  await denied(alice.copyObject(copy));
  await alice.copyObject({ ...copy, AnnotationDirective: 'EXCLUDE' });
  const note = { ...at, AnnotationName: 'n', AnnotationPayload: 'text' };
  await denied(alice.putObjectAnnotation(note));
  await alice.putObjectAnnotation({ ...note, ObjectIfMatch: ETag });
  await denied(alice.listObjectAnnotations({ ...at, MaxAnnotationResults: 6 }));
  await alice.listObjectAnnotations({ ...at, MaxAnnotationResults: 5 });
});

test('an account has names that no other account gets, and a policy may ask for them', async () => {
  const only = { StringNotEquals: { 's3:x-amz-bucket-namespace': 'account-regional' } };
  const { cloud, alice, s3 } = await asking(allow('s3:*'), deny('s3:CreateBucket', only));
  await denied(alice.createBucket({ Bucket: 'anything' }));
  const mine = { Bucket: 'mine-111122223333-us-east-1-an', BucketNamespace: 'account-regional' } as const;
  await alice.createBucket(mine);
  await rejected(s3.createBucket(mine), 'BucketAlreadyOwnedByYou', /own it/);
  const other = await cloud.memberAccount('other');
  for (const asked of [
    { ...mine, Bucket: 'theirs-111122223333-us-east-1-an' },
    { Bucket: 'theirs-111122223333-us-east-1-an' },
    { ...mine, Bucket: `theirs-${other.id}-us-west-2-an` },
    { ...mine, Bucket: 'no-suffix' },
  ]) {
    await rejected(other.root.s3.createBucket(asked), 'InvalidBucketName', /not valid/);
  }
  await other.root.s3.createBucket({ ...mine, Bucket: `theirs-${other.id}-us-east-1-an` });
});
