/** Other services with keys in external key stores: what they ask outside is asked once, between runs of a request. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { refusal } from '../../testing/rejected.ts';
import { keyIn } from './externalKeyStores.fixture.ts';

test('S3 keeps objects of every size under an external key', async (t) => {
  const { cloud, KeyMetadata, proxy, asked } = await keyIn(t);
  const { s3 } = cloud.root;
  const Bucket = 'a-bucket';
  await s3.createBucket({ Bucket });
  const sealed = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KeyMetadata.Arn! } as const;
  for (const size of [1, 5_000, 300_000]) {
    const [Body, Key] = [randomBytes(size), `object-${size}`];
    asked.length = 0;
    await s3.putObject({ Bucket, Key, Body, ...sealed });
    assert.equal(asked.length, 1, `${size} bytes: one data key`);
    const read = await (await s3.getObject({ Bucket, Key })).Body!.transformToByteArray();
    assert.deepEqual(Buffer.from(read), Body);
    assert.equal(asked.length, 2);
  }
  await s3.copyObject({ Bucket, Key: 'copy', CopySource: `${Bucket}/object-5000`, ...sealed });
  assert.equal((await s3.getObject({ Bucket, Key: 'copy' })).ContentLength, 5_000);
  proxy.meddle = () => 'garbage';
  const before = asked.length;
  await refusal(s3.putObject({ Bucket, Key: 'lost', Body: randomBytes(300_000), ...sealed }));
  await refusal(s3.getObject({ Bucket, Key: 'object-1' }));
  assert.equal(asked.length, before + 2, 'what fails is not asked again');
  proxy.meddle = undefined;
  const { Contents } = await s3.listObjectsV2({ Bucket });
  assert.ok(Contents!.every(({ Key }) => Key !== 'lost'));
});

test('a topic delivers to a queue, each under an external key', async (t) => {
  const { cloud, KeyMetadata, kms, asked } = await keyIn(t);
  const { sns, sqs } = cloud.root;
  const account = cloud.managementAccount;
  const allow = (Principal: object, Action: string, Resource = '*') => ({
    Effect: 'Allow',
    Principal,
    Action,
    Resource,
  });
  const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
  const Service = 'sns.amazonaws.com';
  const Policy = document(allow({ AWS: `arn:aws:iam::${account}:root` }, 'kms:*'), allow({ Service }, 'kms:*'));
  await kms.putKeyPolicy({ KeyId: KeyMetadata.KeyId, Policy });
  const KmsMasterKeyId = KeyMetadata.Arn!;
  const queue = `arn:aws:sqs:us-east-1:${account}:work`;
  const Attributes = { KmsMasterKeyId, Policy: document(allow({ Service }, 'sqs:SendMessage', queue)) };
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes });
  const { TopicArn } = await sns.createTopic({ Name: 'news', Attributes: { KmsMasterKeyId } });
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: queue, Attributes: { RawMessageDelivery: 'true' } });
  await sns.publish({ TopicArn, Message: 'told' });
  await cloud.settle();
  const { Messages } = await sqs.receiveMessage({ QueueUrl });
  assert.equal(Messages![0]!.Body, 'told');
  assert.ok(asked.some(({ question }) => question.requestMetadata.awsPrincipalArn === Service));
});

test('a log group keeps its events under an external key', async (t) => {
  const { cloud, KeyMetadata, kms } = await keyIn(t);
  const { logs } = cloud.root;
  const account = `arn:aws:iam::${cloud.managementAccount}:root`;
  const allow = (Principal: object) => ({ Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' });
  const Statement = [allow({ AWS: account }), allow({ Service: 'logs.us-east-1.amazonaws.com' })];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await kms.putKeyPolicy({ KeyId: KeyMetadata.KeyId, Policy });
  const group = { logGroupName: 'app' };
  await logs.createLogGroup({ ...group, kmsKeyId: KeyMetadata.Arn! });
  await logs.createLogStream({ ...group, logStreamName: 's' });
  const logEvents = [{ timestamp: cloud.now().getTime(), message: 'a secret line' }];
  await logs.putLogEvents({ ...group, logStreamName: 's', logEvents });
  const { events } = await logs.filterLogEvents(group);
  assert.deepEqual(
    events!.map(({ message }) => message),
    ['a secret line'],
  );
});
