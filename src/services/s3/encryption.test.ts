/** Who keeps the keys of objects, and who may use them. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { bucketKeys } from './bucketKeys.ts';

const Bucket = 'a-bucket';
const Key = 'secret.txt';
const Body = 'what nobody else may read';

async function withBucket() {
  const cloud = await testCloud();
  await cloud.root.s3.createBucket({ Bucket });
  const { KeyMetadata } = await cloud.root.kms.createKey({});
  return { cloud, s3: cloud.root.s3, kmsKey: KeyMetadata!.Arn! };
}

type S3 = Awaited<ReturnType<typeof withBucket>>['s3'];
const textOf = async (s3: S3, more: object = {}) =>
  (await s3.getObject({ Bucket, Key, ...more })).Body!.transformToString();

test('Without a word objects are encrypted by S3 itself', async () => {
  const { s3 } = await withBucket();
  assert.equal((await s3.putObject({ Bucket, Key, Body })).ServerSideEncryption, 'AES256');
  assert.equal(await textOf(s3), Body);
});

test('SSE-KMS asks KMS as the caller, with the object as context', async () => {
  const { cloud, s3, kmsKey } = await withBucket();
  const put = await s3.putObject({ Bucket, Key, Body, ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey });
  assert.deepEqual([put.ServerSideEncryption, put.SSEKMSKeyId], ['aws:kms', kmsKey]);
  assert.equal(await textOf(s3), Body);
  const reader = { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `arn:aws:s3:::${Bucket}/*` };
  const context = { 'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::${Bucket}/${Key}` };
  const decrypt = (Condition: object) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: kmsKey, Condition });
  const via = { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', ...context } };
  const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const without = await cloud.user('without', document(reader));
  await assert.rejects(without.s3.getObject({ Bucket, Key }), {
    name: 'AccessDenied',
    message: `User: arn:aws:iam::111122223333:user/without is not authorized to perform: kms:Decrypt on resource: ${kmsKey} because no identity-based policy allows the kms:Decrypt action`,
  });
  const within = await cloud.user('within', document(reader, decrypt(via)));
  assert.equal(await textOf(within.s3), Body);
  await assert.rejects(
    within.s3.putObject({ Bucket, Key, Body, ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey }),
    {
      name: 'AccessDenied',
    },
  );
});

test('The default encryption of the bucket holds where a request says nothing; without a key it is the AWS managed one', async () => {
  const { s3, kmsKey } = await withBucket();
  const rule = (SSEAlgorithm: 'aws:kms', KMSMasterKeyID?: string) => ({
    Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...(KMSMasterKeyID && { KMSMasterKeyID }) } }],
  });
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: rule('aws:kms', kmsKey) });
  assert.equal((await s3.putObject({ Bucket, Key, Body })).SSEKMSKeyId, kmsKey);
  assert.equal((await s3.putObject({ Bucket, Key, Body, ServerSideEncryption: 'AES256' })).SSEKMSKeyId, undefined);
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: rule('aws:kms') });
  const managed = (await s3.putObject({ Bucket, Key, Body })).SSEKMSKeyId!;
  assert.match(managed, /^arn:aws:kms:us-east-1:111122223333:key\//);
  assert.notEqual(managed, kmsKey);
  assert.equal(await textOf(s3), Body);
});

test('A key of KMS that is disabled opens nothing', async () => {
  const { cloud, s3, kmsKey } = await withBucket();
  await s3.putObject({ Bucket, Key, Body, ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey });
  await cloud.root.kms.disableKey({ KeyId: kmsKey });
  await assert.rejects(s3.getObject({ Bucket, Key }), { name: 'KMS.DisabledException' });
  await assert.rejects(
    s3.putObject({ Bucket, Key, Body, ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/nothing' }),
    { name: 'KMS.NotFoundException' },
  );
});

test('A bucket key spares KMS, but asks it for each requester', async () => {
  const { cloud, s3, kmsKey } = await withBucket();
  const rule = {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: kmsKey },
    BucketKeyEnabled: true,
  };
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } });
  const asked = async () => {
    const lookup = (AttributeValue: string) =>
      cloud.root.cloudtrail.lookupEvents({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue }] });
    return (await Promise.all(['GenerateDataKey', 'Decrypt'].map(lookup))).map(({ Events }) => Events!.length);
  };
  for (const key of ['1', '2', '3']) {
    assert.equal((await s3.putObject({ Bucket, Key: key, Body })).BucketKeyEnabled, true);
    assert.equal(await textOf(s3, { Key: key }), Body);
  }
  assert.deepEqual(await asked(), [1, 1]);
  cloud.advance('PT1H');
  await s3.putObject({ Bucket, Key, Body });
  assert.deepEqual(await asked(), [2, 1]);
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  });
  await assert.rejects(alice.s3.getObject({ Bucket, Key: '1' }), { name: 'AccessDenied' });
});

test('SSE-C is blocked until the bucket allows it; then only the right key opens', async () => {
  const { s3 } = await withBucket();
  const customer = (key: Buffer) => ({
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  });
  const mine = customer(randomBytes(32));
  await assert.rejects(s3.putObject({ Bucket, Key, Body, ...mine }), { name: 'AccessDenied' });
  const Rules = [{ BlockedEncryptionTypes: { EncryptionType: ['NONE' as const] } }];
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  const put = await s3.putObject({ Bucket, Key, Body, ...mine });
  assert.deepEqual([put.SSECustomerAlgorithm, put.SSECustomerKeyMD5], ['AES256', mine.SSECustomerKeyMD5]);
  assert.equal(await textOf(s3, mine), Body);
  await assert.rejects(s3.getObject({ Bucket, Key }), {
    name: 'InvalidRequest',
    message:
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  });
  await assert.rejects(s3.getObject({ Bucket, Key, ...customer(randomBytes(32)) }), {
    name: 'AccessDenied',
    message:
      'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.',
  });
});

test('A customer’s key that anybody on the wire may read is refused; over TLS, or within the machine, it is taken', async () => {
  const { cloud } = await withBucket();
  const sentence =
    'Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.';
  for (const from of ['', 'copy-source-']) {
    const name = `x-amz-${from}server-side-encryption-customer-key`;
    const copied: Record<string, string> = from === '' ? {} : { 'x-amz-copy-source': `/${Bucket}/other` };
    const put = async (source: object) => {
      const headers = { ...copied, [name]: randomBytes(32).toString('base64') };
      const { status, body } = await cloud.send({ method: 'PUT', path: `/${Bucket}/${Key}`, headers }, source);
      return [status, ...(/<Code>(.*)<\/Code><Message>(.*?)<\/Message>/.exec(String(body))?.slice(1) ?? [])];
    };
    assert.deepEqual(await put({ ip: '10.0.0.9' }), [400, 'InvalidRequest', sentence]);
    const denied = [403, 'AccessDenied', 'Access Denied']; // The next to say no: nobody signed.
    assert.deepEqual(await put({ ip: '10.0.0.9', tls: { version: 'TLSv1.3', cipher: '' } }), denied);
    assert.deepEqual(await put({ ip: '::1' }), denied);
  }
});

test('Headers of encryption that go not together are refused', async () => {
  const { s3, kmsKey } = await withBucket();
  const faults: [object, string, string?][] = [
    [{ ServerSideEncryption: 'rot13' }, 'InvalidArgument', 'The encryption method specified is not supported'],
    [
      { SSEKMSKeyId: kmsKey },
      'InvalidArgument',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    ],
    [{ ServerSideEncryption: 'aws:kms', SSEKMSEncryptionContext: 'not json' }, 'InvalidArgument'],
  ];
  for (const [input, name, message] of faults) {
    await assert.rejects(s3.putObject({ Bucket, Key, Body, ...input }), { name, ...(message && { message }) });
  }
});

test('Data keys that a bucket shared are forgotten when they are not shared any more', async () => {
  const { cloud, s3, kmsKey } = await withBucket();
  const sse = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey, BucketKeyEnabled: true } as const;
  await s3.putObject({ Bucket, Key, Body, ...sse });
  await textOf(s3);
  const kept = () => cloud.deps.store.transaction((tx) => tx.list(bucketKeys, [], { limit: 10 }));
  assert.equal((await kept()).rows.length, 2);
  cloud.advance('PT6M');
  await cloud.settle();
  assert.equal((await kept()).rows.length, 0);
  assert.equal(await textOf(s3), Body);
});
