/** Where copies come from, if not simply from a bucket of one's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const Bucket = 'copied-from';
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

async function withPoint() {
  const cloud = await testCloud();
  const { s3, s3control } = cloud.root;
  const AccountId = cloud.managementAccount;
  await s3.createBucket({ Bucket });
  await s3.createBucket({ Bucket: 'copied-to' });
  await s3.putObject({ Bucket, Key: 'a b/c', Body: 'text' });
  const point = await s3control.createAccessPoint({ AccountId, Name: 'a-point', Bucket });
  return { cloud, s3, s3control, AccountId, arn: point.AccessPointArn!, alias: point.Alias! };
}

test('a copy is made of what lies behind an access point, by its ARN or alias; its policy has a say', async () => {
  const { s3, s3control, AccountId, arn, alias } = await withPoint();
  const copied = async (CopySource: string) => {
    await s3.copyObject({ Bucket: 'copied-to', Key: 'k', CopySource });
    const upload = { Bucket: 'copied-to', Key: 'parts' };
    const { UploadId } = await s3.createMultipartUpload(upload);
    await s3.uploadPartCopy({ ...upload, UploadId, PartNumber: 1, CopySource });
    return (await s3.getObject({ Bucket: 'copied-to', Key: 'k' })).Body!.transformToString();
  };
  const encoded = encodeURIComponent(`${arn}/object/a b/c`).replaceAll('%2F', '/');
  const sources = [`${alias}/a%20b/c`, `${arn}/object/a%20b/c`, encoded];
  for (const source of sources) assert.equal(await copied(source), 'text');
  const Policy = document({
    ...{ Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `${arn}/object/*` },
  });
  await s3control.putAccessPointPolicy({ AccountId, Name: 'a-point', Policy });
  for (const source of sources) await rejected(copied(source), 'AccessDenied', /explicit deny/);
  await rejected(copied(`${arn}/a%20b/c`), 'InvalidArgument', /Invalid copy source ARN/);
  await rejected(copied(arn.replace('a-point', 'no-point').concat('/object/k')), 'NoSuchBucket', /does not exist/);
});

test('an object is not copied onto itself through an access point either; a bucket’s place is told through it', async () => {
  const { s3, alias } = await withPoint();
  const self = { Bucket, Key: 'a b/c', CopySource: `${alias}/a%20b/c` };
  await rejected(s3.copyObject(self), 'InvalidRequest', /to itself without changing/);
  assert.equal((await s3.getBucketLocation({ Bucket: alias })).LocationConstraint, undefined);
});

test('where the requester pays, whoever copies from there says that he knows', async () => {
  const { cloud, s3 } = await withPoint();
  const other = await cloud.memberAccount('other');
  const read = { Effect: 'Allow', Principal: { AWS: other.id }, Action: 's3:GetObject' };
  await s3.putBucketPolicy({ Bucket, Policy: document({ ...read, Resource: `arn:aws:s3:::${Bucket}/*` }) });
  await s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } });
  await other.root.s3.createBucket({ Bucket: 'theirs' });
  const copy = { Bucket: 'theirs', Key: 'k', CopySource: `${Bucket}/a%20b/c` };
  await rejected(other.root.s3.copyObject(copy), 'AccessDenied', /Access Denied/);
  await other.root.s3.copyObject({ ...copy, RequestPayer: 'requester' });
});
