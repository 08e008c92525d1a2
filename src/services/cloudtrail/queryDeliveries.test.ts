import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { later, storeIn } from './fixtures.ts';

/** The policy of CloudTrail's user guide, and what else is to be done to objects. */
async function resultsBucket(cloud: Cloud, bucket: string, account = cloud.managementAccount, more: object[] = []) {
  await cloud.root.s3.createBucket({ Bucket: bucket });
  const statement = (Action: string | string[], Resource: string | string[]) => ({
    Effect: 'Allow',
    Principal: { Service: 'cloudtrail.amazonaws.com' },
    Action,
    Resource,
    Condition: {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:aws:cloudtrail:us-east-1:${account}:eventdatastore/*` },
    },
  });
  const arn = `arn:aws:s3:::${bucket}`;
  const Statement = [
    statement(['s3:PutObject*', 's3:Abort*'], [arn, `${arn}/*`]),
    statement('s3:GetBucketAcl', arn),
    ...more,
  ];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await cloud.root.s3.putBucketPolicy({ Bucket: bucket, Policy });
}

/** A store with two events that tell of users. */
async function storeOfTwo(cloud: Cloud): Promise<string> {
  const { id } = await storeIn(cloud);
  await cloud.root.iam.createUser({ UserName: 'alice' });
  await cloud.root.iam.createUser({ UserName: 'bob', Path: '/a,"b"/' });
  await later(cloud, 'PT5M');
  return id;
}

const usersOf = (id: string) => `SELECT eventName, element_at(requestParameters, 'path') AS path, requestParameters
  FROM ${id} WHERE eventName = 'CreateUser' ORDER BY path`;

const bytesOf = async (cloud: Cloud, Bucket: string, Key: string) =>
  (await cloud.root.s3.getObject({ Bucket, Key })).Body!.transformToByteArray();

test('results go to the bucket that the query names, with a sign file that proves them', async () => {
  const cloud = await testCloud();
  await resultsBucket(cloud, 'results');
  const id = await storeOfTwo(cloud);
  const { cloudtrail, s3 } = cloud.root;
  const DeliveryS3Uri = 's3://results/some/prefix/';
  const { QueryId } = await cloudtrail.startQuery({ QueryStatement: usersOf(id), DeliveryS3Uri });
  const before = await cloudtrail.describeQuery({ QueryId });
  assert.deepEqual([before.DeliveryS3Uri, before.DeliveryStatus], [DeliveryS3Uri, 'PENDING']);
  await cloud.settle();
  assert.equal((await cloudtrail.describeQuery({ QueryId })).DeliveryStatus, 'SUCCESS');
  const folder = `some/prefix/AWSLogs/${cloud.managementAccount}/CloudTrail-Lake/Query/2030/01/01/${QueryId}`;
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'results' });
  const keys = Contents.map(({ Key }) => Key);
  assert.deepEqual(keys, [`${folder}/result_1.csv.gz`, `${folder}/result_sign.json`]);
  const packed = await bytesOf(cloud, 'results', keys[0]!);
  const [head, ...rows] = gunzipSync(packed).toString().trimEnd().split('\n');
  assert.equal(head, 'eventName,path,requestParameters');
  assert.equal(rows.length, 2);
  assert.match(rows.join('\n'), /^CreateUser,"\/a,""b""\/",".+"$/m);
  const sign = JSON.parse(Buffer.from(await bytesOf(cloud, 'results', keys[1]!)).toString());
  const fileHashValue = createHash('sha256').update(packed).digest('hex');
  assert.deepEqual(sign.files, [{ fileHashValue, fileName: 'result_1.csv.gz' }]);
  assert.equal(sign.queryCompleteTime, `${cloud.now().toISOString().slice(0, 19)}Z`);
  const { PublicKeyList = [] } = await cloudtrail.listPublicKeys({});
  const { Value } = PublicKeyList.find(({ Fingerprint }) => Fingerprint === sign.publicKeyFingerprint)!;
  const key = createPublicKey({ key: Buffer.from(Value!), format: 'der', type: 'pkcs1' });
  assert.ok(verify('sha256', Buffer.from(fileHashValue), key, Buffer.from(sign.hashSignature, 'hex')));
});

test('a bucket that does not let CloudTrail in is found out before the query begins', async () => {
  const cloud = await testCloud();
  const { id } = await storeIn(cloud);
  const { cloudtrail, s3 } = cloud.root;
  const ask = (DeliveryS3Uri: string) => cloudtrail.startQuery({ QueryStatement: usersOf(id), DeliveryS3Uri });
  await rejected(ask('s3://results'), 'S3BucketDoesNotExist', 'S3 bucket results does not exist!');
  await s3.createBucket({ Bucket: 'results' });
  await rejected(ask('s3://results'), 'InsufficientS3BucketPolicy', /Incorrect S3 bucket policy .* results/);
  await resultsBucket(cloud, 'others', '999999999999');
  await rejected(ask('s3://others/x'), 'InsufficientS3BucketPolicy', /others/);
  await resultsBucket(cloud, 'open');
  await rejected(ask(`s3://open/${'x'.repeat(201)}`), 'InvalidS3Prefix', /200 characters/);
  await rejected(ask('https://open/x'), 'Validation', /DeliveryS3Uri|deliveryS3Uri/);
  assert.deepEqual((await cloudtrail.listQueries({ EventDataStore: id })).Queries, []);
});

test('what the bucket refuses later is the status of the delivery; the results are there all the same', async () => {
  const cloud = await testCloud();
  const id = await storeOfTwo(cloud);
  const { cloudtrail, s3 } = cloud.root;
  const arn = (bucket: string) => `arn:aws:s3:::${bucket}/*`;
  const denial = (Action: string, Resource: string) => ({ Effect: 'Deny', Principal: '*', Action, Resource });
  await resultsBucket(cloud, 'refusing', undefined, [denial('s3:PutObject', arn('refusing'))]);
  await resultsBucket(cloud, 'unsigned', undefined, [denial('s3:PutObject', `${arn('unsigned')}/result_sign.json`)]);
  await resultsBucket(cloud, 'vanishing');
  const ask = async (bucket: string, QueryStatement = usersOf(id)) =>
    (await cloudtrail.startQuery({ QueryStatement, DeliveryS3Uri: `s3://${bucket}` })).QueryId;
  const queries = [await ask('refusing'), await ask('unsigned'), await ask('vanishing')];
  const failing = await ask('refusing', `SELECT nothing FROM ${id}`);
  const cancelled = await ask('refusing');
  await cloudtrail.cancelQuery({ QueryId: cancelled });
  await s3.deleteBucket({ Bucket: 'vanishing' });
  await cloud.settle();
  const statusOf = async (QueryId: string | undefined) => {
    const { QueryStatus, DeliveryStatus } = await cloudtrail.describeQuery({ QueryId });
    return [QueryStatus, DeliveryStatus];
  };
  assert.deepEqual(await Promise.all([...queries, failing, cancelled].map(statusOf)), [
    ['FINISHED', 'ACCESS_DENIED'],
    ['FINISHED', 'ACCESS_DENIED_SIGNING_FILE'],
    ['FINISHED', 'RESOURCE_NOT_FOUND'],
    ['FAILED', 'FAILED'],
    ['CANCELLED', 'CANCELLED'],
  ]);
  const { QueryResultRows } = await cloudtrail.getQueryResults({ QueryId: queries[0] });
  assert.equal(QueryResultRows?.length, 2);
});
