/**
 * SQS and SNS with the clients that people use: AWS's command lines, boto3, a mail server. Whatever is not on the
 * machine is skipped and says so.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { signed } from '../src/testing/signed.ts';
import { awsOf, environment, pythonWith } from './awsClients.ts';
import { planeOnSocket } from './socket.ts';

type Plane = Awaited<ReturnType<typeof planeOnSocket>>;

const run = promisify(execFile);

/** A queue's policy that lets every topic in. */
const lets = (arn: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn },
    ],
  });

for (const major of [1, 2]) {
  const aws = awsOf(major);
  test(`queues and topics with the AWS CLI, version ${major}`, {
    skip: !aws && `no AWS CLI ${major} here`,
  }, async (t) => {
    const plane = await planeOnSocket(t);
    const env = environment(plane, { ENDPOINT: plane.endpoint });
    const call = async (...args: string[]) => {
      const { stdout } = await run(aws!, ['--endpoint-url', plane.endpoint, '--output', 'json', ...args], { env });
      return stdout === '' ? undefined : JSON.parse(stdout);
    };
    const { QueueUrl } = await call(
      'sqs',
      'create-queue',
      '--queue-name',
      'work',
      '--attributes',
      'VisibilityTimeout=5',
    );
    assert.equal(QueueUrl, `${plane.endpoint}/${plane.cloud.managementAccount}/work`);
    const queue = ['--queue-url', QueueUrl];
    const attributes = (await call('sqs', 'get-queue-attributes', ...queue, '--attribute-names', 'All')).Attributes;
    assert.equal(attributes.VisibilityTimeout, '5');
    const attribute = '{"colour":{"DataType":"String","StringValue":"red"}}';
    const text = 'a & b <c> "d" é\n';
    await call('sqs', 'send-message', ...queue, '--message-body', text, '--message-attributes', attribute);
    const received = await call('sqs', 'receive-message', ...queue, '--message-attribute-names', 'All');
    const [message] = received.Messages;
    assert.equal(message.Body, text);
    assert.equal(message.MessageAttributes.colour.StringValue, 'red');
    await call('sqs', 'delete-message', ...queue, '--receipt-handle', message.ReceiptHandle);
    const policy = JSON.stringify({ Policy: lets(attributes.QueueArn) });
    await call('sqs', 'set-queue-attributes', ...queue, '--attributes', policy);
    const { TopicArn } = await call('sns', 'create-topic', '--name', 'news');
    const topic = ['--topic-arn', TopicArn];
    const endpoint = ['--notification-endpoint', attributes.QueueArn];
    await call('sns', 'subscribe', ...topic, '--protocol', 'sqs', ...endpoint);
    await call('sns', 'publish', ...topic, '--message', 'hello', '--subject', 'hi');
    await plane.cloud.settle();
    const [news] = (await call('sqs', 'receive-message', ...queue, '--wait-time-seconds', '5')).Messages;
    assert.equal(JSON.parse(news.Body).Message, 'hello');
    const missing = call('sqs', 'get-queue-url', '--queue-name', 'none');
    await assert.rejects(missing, /AWS\.SimpleQueueService\.NonExistentQueue|QueueDoesNotExist/);
    await assert.rejects(call('sns', 'publish', '--topic-arn', `${TopicArn}x`, '--message', 'x'), /\(NotFound\)/);
  });
}

const BOTO = `
import boto3, os
from botocore.exceptions import ClientError
sqs = boto3.client('sqs', endpoint_url=os.environ['ENDPOINT'])
sns = boto3.client('sns', endpoint_url=os.environ['ENDPOINT'])
url = sqs.create_queue(QueueName='line.fifo', Attributes={'FifoQueue': 'true', 'ContentBasedDeduplication': 'true'}, tags={'a': 'b'})['QueueUrl']
assert sqs.list_queue_tags(QueueUrl=url)['Tags'] == {'a': 'b'}
sent = sqs.send_message_batch(QueueUrl=url, Entries=[{'Id': str(i), 'MessageBody': 'm%d' % i, 'MessageGroupId': 'g', 'MessageAttributes': {'n': {'DataType': 'Number', 'StringValue': str(i)}, 'b': {'DataType': 'Binary', 'BinaryValue': b'\\x00\\xff'}}} for i in range(10)])
assert len(sent['Successful']) == 10, sent
got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=['All'], MessageAttributeNames=['All'])['Messages']
assert [m['Body'] for m in got] == ['m%d' % i for i in range(10)], got
assert got[0]['MessageAttributes']['b']['BinaryValue'] == b'\\x00\\xff'
done = sqs.delete_message_batch(QueueUrl=url, Entries=[{'Id': str(i), 'ReceiptHandle': m['ReceiptHandle']} for i, m in enumerate(got)])
assert len(done['Successful']) == 10
late = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)['Messages']
assert late[0]['Body'] == 'late', late
long = 'é' * 500000
plain = sqs.create_queue(QueueName='plain')['QueueUrl']
sqs.send_message(QueueUrl=plain, MessageBody=long)
assert sqs.receive_message(QueueUrl=plain)['Messages'][0]['Body'] == long
try:
    sqs.send_message(QueueUrl=plain, MessageBody='x', DelaySeconds=901)
    assert False
except ClientError as error:
    assert error.response['Error']['Code'] == 'InvalidParameterValue', error.response
try:
    sqs.get_queue_url(QueueName='none')
    assert False
except sqs.exceptions.QueueDoesNotExist as error:
    assert error.response['Error']['Code'] == 'AWS.SimpleQueueService.NonExistentQueue', error.response
arn = sns.create_topic(Name='news', Tags=[{'Key': 'a', 'Value': 'b'}])['TopicArn']
assert sns.get_topic_attributes(TopicArn=arn)['Attributes']['Owner'] == arn.split(':')[4]
assert sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{'Id': 'a', 'Message': 'x'}])['Successful'][0]['Id'] == 'a'
print('done')
`;

const boto = pythonWith('boto3');
test('queues and topics with boto3', { skip: !boto && 'no boto3 here' }, async (t) => {
  const plane = await planeOnSocket(t);
  const running = run(boto!, ['-W', 'ignore', '-c', BOTO], {
    env: environment(plane, { ENDPOINT: plane.endpoint }),
  });
  await Promise.race([waitingIn(plane, 1), running]);
  const { sqs } = plane.cloud.as(plane.credentials);
  const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'line.fifo' });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'late', MessageGroupId: 'g' });
  assert.equal((await running).stdout, 'done\n');
});

test('who hangs up while waiting gets no message, and leaves it to others', async (t) => {
  const plane = await planeOnSocket(t);
  const { sqs } = plane.cloud.as(plane.credentials);
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  const body = Buffer.from(JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 }));
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ReceiveMessage' };
  const request = signed({ body, headers }, { ...plane.credentials, service: 'sqs' });
  const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const port = Number(new URL(plane.endpoint).port);
  const socket = connect(port, '127.0.0.1');
  socket.write(`POST / HTTP/1.1\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n`);
  socket.write(body);
  await waitingIn(plane, 1);
  socket.destroy();
  await waitingIn(plane, 0);
  await sqs.sendMessage({ QueueUrl, MessageBody: 'x' });
  const { Messages } = await sqs.receiveMessage({ QueueUrl, MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
  assert.equal(Messages?.[0]?.Attributes?.ApproximateReceiveCount, '1');
});

test('the plane answers all who wait when it stops', async (t) => {
  const plane = await planeOnSocket(t);
  const { sqs } = plane.cloud.as(plane.credentials);
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work' });
  const waiting = [1, 2].map(() => sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }));
  await waitingIn(plane, 2);
  plane.cloud.deps.waiting.close();
  for (const { Messages } of await Promise.all(waiting)) assert.equal(Messages, undefined);
});

async function waitingIn({ cloud }: Plane, number: number): Promise<void> {
  for (let i = 0; cloud.deps.waiting.waiting() !== number; i++) {
    assert.ok(i < 10_000, `${cloud.deps.waiting.waiting()} wait`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The mail that a real SMTP server was handed, as it prints it. */
async function mailServer(t: TestContext, python: string) {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  const args = ['-W', 'ignore', '-u', '-m', 'smtpd', '-n', '-c', 'DebuggingServer', `127.0.0.1:${port}`];
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill());
  const mail = { text: '' };
  child.stdout.on('data', (chunk) => {
    mail.text += chunk;
  });
  for (let up = false; !up; ) {
    up = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false)).on('connect', () => socket.end());
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { url: `smtp://127.0.0.1:${port}`, mail };
}

const mailer = pythonWith('smtpd');
test('e-mail subscriptions through a real SMTP server', { skip: !mailer && 'no smtpd here' }, async (t) => {
  const { url, mail } = await mailServer(t, mailer!);
  const { cloud } = await planeOnSocket(t);
  Object.assign(cloud.deps, { settings: { ...cloud.deps.settings, smtp: url } });
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news', Attributes: { DisplayName: 'The News' } });
  await sns.subscribe({ TopicArn, Protocol: 'email', Endpoint: 'ann@example.com' });
  await cloud.settle();
  const text = mail.text.replace(/b'|'\n|=\n/g, (found) => (found === '=\n' ? '' : found === "b'" ? '' : '\n'));
  assert.match(text, /To: ann@example\.com/);
  assert.match(text, /AWS Notification - Subscription Confirmation/);
  const { Subscriptions } = await sns.listSubscriptionsByTopic({ TopicArn });
  assert.equal(Subscriptions?.[0]?.SubscriptionArn, 'PendingConfirmation');
  const joined = text.replace(/=\s*\n/g, '');
  const Token = /Token=(?:3D)?([0-9a-f]{256})/.exec(joined)?.[1];
  await cloud.unsigned.sns.confirmSubscription({ TopicArn, Token });
  await sns.publish({ TopicArn, Message: 'It rains.', Subject: 'Weather' });
  await cloud.settle();
  assert.match(mail.text, /From: The News <no-reply@sns\.amazonaws\.com>/);
  assert.match(mail.text, /Subject: Weather/);
  assert.match(mail.text, /It rains\./);
});
