/** Annotations of objects: what they are, where they go with the object, and who may. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';
const Key = 'k';
const at = { Bucket, Key };

async function withObject() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  await s3.putObject({ ...at, Body: 'x' });
  const put = (AnnotationName: string, AnnotationPayload: string | Uint8Array, more: object = {}) =>
    s3.putObjectAnnotation({ ...at, AnnotationName, AnnotationPayload, ...more });
  const get = async (AnnotationName: string, more: object = {}) => {
    const { AnnotationPayload } = await s3.getObjectAnnotation({ ...at, AnnotationName, ...more });
    return AnnotationPayload!.transformToString();
  };
  const names = async (more: object = {}) =>
    (await s3.listObjectAnnotations({ ...at, ...more })).Annotations?.map((each) => each.AnnotationName) ?? [];
  return { cloud, s3, put, get, names };
}

const missing = { name: 'NoSuchAnnotation' };

test('An annotation is read back, listed, replaced and removed; the object stays what it is', async () => {
  const { cloud, s3, put, get, names } = await withObject();
  const { ETag } = await s3.headObject(at);
  const text = '{"labels":["größe"]}';
  const made = await put('labels', text, { ChecksumAlgorithm: 'SHA256' });
  assert.equal(made.ChecksumSHA256, createHash('sha256').update(text).digest('base64'));
  assert.deepEqual(
    [made.AnnotationName, made.ETag, made.ServerSideEncryption],
    ['labels', `"${createHash('md5').update(text).digest('hex')}"`, 'AES256'],
  );
  const large = 'ß'.repeat(500_000);
  await put('large.text', large);
  assert.equal(await get('labels'), text);
  assert.equal(await get('large.text'), large);
  const { Annotations, AnnotationCount, MaxAnnotationResults } = await s3.listObjectAnnotations(at);
  assert.deepEqual(
    [Annotations, AnnotationCount, MaxAnnotationResults],
    [
      [
        {
          AnnotationName: 'labels',
          LastModified: cloud.now(),
          ETag: made.ETag,
          ChecksumAlgorithm: ['SHA256'],
          Size: Buffer.byteLength(text),
        },
        {
          AnnotationName: 'large.text',
          LastModified: cloud.now(),
          ETag: `"${createHash('md5').update(large).digest('hex')}"`,
          ChecksumAlgorithm: ['CRC32'],
          Size: 1_000_000,
        },
      ],
      2,
      1000,
    ],
  );
  await put('labels', 'other');
  assert.equal(await get('labels'), 'other');
  await s3.deleteObjectAnnotation({ ...at, AnnotationName: 'labels' });
  await s3.deleteObjectAnnotation({ ...at, AnnotationName: 'labels' });
  await assert.rejects(get('labels'), missing);
  assert.deepEqual(await names(), ['large.text']);
  assert.equal((await s3.headObject(at)).ETag, ETag);
});

test('Names, sizes and texts that cannot be are refused', async () => {
  const { put, s3, names } = await withObject();
  const faults: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['aws-labels', 'x', 'InvalidAnnotationName'],
    ['S3x', 'x', 'InvalidAnnotationName'],
    ['a b', 'x', 'InvalidAnnotationName'],
    ['ä'.repeat(257), 'x', 'AnnotationNameTooLong'],
    ['empty', '', 'InvalidRequest'],
    ['much', 'x'.repeat(1024 * 1024 + 1), 'EntityTooLarge'],
    ['bytes', Buffer.from([0xff, 0xfe]), 'UnsupportedMediaType'],
    ['more-bytes', randomBytes(100_000), 'UnsupportedMediaType'],
  ];
  for (const [name, payload, code] of faults) await assert.rejects(put(name, payload), { name: code }, name);
  await assert.rejects(put('sum', 'x', { ChecksumCRC32: 'AAAAAA==' }), { name: 'BadDigest' });
  await assert.rejects(put('tag', 'x', { ObjectIfMatch: '"other"' }), { name: 'PreconditionFailed' });
  await put('größe_1.x', 'x', { ObjectIfMatch: (await s3.headObject(at)).ETag });
  await assert.rejects(s3.putObjectAnnotation({ ...at, Key: 'no', AnnotationName: 'a', AnnotationPayload: 'x' }), {
    name: 'NoSuchKey',
  });
  await assert.rejects(s3.listObjectAnnotations({ ...at, AnnotationPrefix: 'a b' }), { name: 'InvalidPrefix' });
  assert.deepEqual(await names(), ['größe_1.x']);
});

test('Annotations are listed in pages, by prefix; a thousand of them at most', async () => {
  const { put, s3, names } = await withObject();
  for (let i = 0; i < 1000; i++) await put(`${i % 2 ? 'odd' : 'even'}-${String(i).padStart(4, '0')}`, 'x');
  await assert.rejects(put('one-more', 'x'), { name: 'AnnotationLimitExceeded' });
  await put('odd-0001', 'y');
  assert.equal((await names({ AnnotationPrefix: 'odd-000' })).length, 5);
  const first = await s3.listObjectAnnotations({ ...at, MaxAnnotationResults: 600 });
  const ContinuationToken = first.NextContinuationToken!;
  const second = await s3.listObjectAnnotations({ ...at, MaxAnnotationResults: 600, ContinuationToken });
  assert.deepEqual(
    [first.AnnotationCount, second.AnnotationCount, second.NextContinuationToken],
    [600, 400, undefined],
  );
});

test('Annotations belong to one version, and go with it', async () => {
  const { s3, put, get, names } = await withObject();
  await put('a', 'of the null version');
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
  const { VersionId } = await s3.putObject({ ...at, Body: 'y' });
  assert.deepEqual(await names(), []);
  const put2 = await put('b', 'of the second');
  assert.equal(put2.ObjectVersionId, VersionId);
  assert.deepEqual(await names({ VersionId: 'null' }), ['a']);
  await s3.deleteObject(at);
  await assert.rejects(names(), { name: 'NoSuchKey' });
  assert.equal(await get('b', { VersionId }), 'of the second');
  await s3.deleteObject({ ...at, VersionId: VersionId! });
  await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Suspended' } });
  await s3.putObject({ ...at, Body: 'z' });
  assert.deepEqual(await names(), []);
  await assert.rejects(get('a'), missing);
});

test('Copies take annotations along unless told to leave them, onto themselves too', async () => {
  const { cloud, s3, put, names } = await withObject();
  const { KeyMetadata } = await cloud.root.kms.createKey({});
  await put('small', 'text');
  await put('large', 'x'.repeat(50_000));
  const CopySource = `${Bucket}/${Key}`;
  await s3.copyObject({ Bucket, Key: 'plain', CopySource, AnnotationDirective: 'EXCLUDE' });
  assert.deepEqual(await names({ Key: 'plain' }), []);
  const SSEKMSKeyId = KeyMetadata!.Arn!;
  await s3.copyObject({ Bucket, Key: 'sealed', CopySource, ServerSideEncryption: 'aws:kms', SSEKMSKeyId });
  await s3.copyObject({ ...at, CopySource, StorageClass: 'STANDARD_IA' });
  for (const key of [Key, 'sealed']) {
    const { AnnotationPayload, ServerSideEncryption } = await s3.getObjectAnnotation({
      Bucket,
      Key: key,
      AnnotationName: 'large',
    });
    assert.equal((await AnnotationPayload!.transformToString()).length, 50_000);
    assert.equal(ServerSideEncryption, key === Key ? 'AES256' : 'aws:kms');
    assert.deepEqual(await names({ Key: key }), ['large', 'small']);
  }
  await assert.rejects(
    s3.copyObject({ ...at, CopySource, AnnotationDirective: 'MOVE' as 'COPY', StorageClass: 'STANDARD' }),
    {
      name: 'InvalidArgument',
    },
  );
});

test('Who copies annotations along may read them and attach them', async () => {
  const { cloud, put, names } = await withObject();
  const statement = (Action: string[]) => ({ Effect: 'Allow', Action, Resource: `arn:aws:s3:::${Bucket}/*` });
  const copying = statement(['s3:GetObject', 's3:PutObject']);
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement: copying });
  const copy = (more: object = {}) =>
    alice.s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/${Key}`, ...more });
  await copy();
  await put('secret', 'x');
  await assert.rejects(copy(), { name: 'AccessDenied', message: /s3:GetObjectAnnotation on resource/ });
  await copy({ AnnotationDirective: 'EXCLUDE' });
  const grant = (...Action: string[]) =>
    cloud.root.iam.putUserPolicy({
      UserName: 'alice',
      PolicyName: 'annotations',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statement(Action) }),
    });
  await grant('s3:GetObjectAnnotation');
  await assert.rejects(copy(), { name: 'AccessDenied', message: /s3:PutObjectAnnotation on resource/ });
  await grant('s3:GetObjectAnnotation', 's3:PutObjectAnnotation');
  await copy();
  assert.deepEqual(await names({ Key: 'copy' }), ['secret']);
});

test('Annotating is a permission of its own, and is told to whom wants to hear of it', async () => {
  const { cloud, s3, put } = await withObject();
  const Resource = `arn:aws:s3:::${Bucket}/*`;
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:GetObjectAnnotation'], Resource },
  });
  await put('a', 'x');
  const { AnnotationPayload } = await alice.s3.getObjectAnnotation({ ...at, AnnotationName: 'a' });
  assert.equal(await AnnotationPayload!.transformToString(), 'x');
  const denied = alice.s3.putObjectAnnotation({ ...at, AnnotationName: 'a', AnnotationPayload: 'y' });
  await assert.rejects(denied, { name: 'AccessDenied', message: /s3:PutObjectAnnotation on resource/ });
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'q' });
  const QueueArn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:q`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: QueueArn,
    },
  });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const NotificationConfiguration = {
    QueueConfigurations: [
      { QueueArn, Events: ['s3:ObjectAnnotation:Put' as const, 's3:ObjectAnnotation:Delete' as const] },
    ],
  };
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration, SkipDestinationValidation: true });
  await put('b', 'x');
  await s3.deleteObjectAnnotation({ ...at, AnnotationName: 'b' });
  await cloud.settle();
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
  assert.deepEqual(Messages.map(({ Body }) => JSON.parse(Body!).Records[0].eventName as string).toSorted(), [
    'ObjectAnnotation:Delete',
    'ObjectAnnotation:Put',
  ]);
  const key = randomBytes(32);
  const customer = {
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  };
  const Rules = [{ BlockedEncryptionTypes: { EncryptionType: ['NONE' as const] } }];
  await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  await s3.putObject({ Bucket, Key: 'theirs', Body: 'x', ...customer });
  const refused = s3.putObjectAnnotation({ Bucket, Key: 'theirs', AnnotationName: 'a', AnnotationPayload: 'x' });
  await assert.rejects(refused, { name: 'InvalidRequest', message: /SSE-C/ });
});
