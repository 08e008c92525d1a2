import assert from 'node:assert/strict';
import { createVerify, X509Certificate } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import { withManners } from '../../core/slowness.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { receiveAll } from '../../testing/queues.ts';
import { post } from './webhooks.ts';

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A subscriber that keeps what it is sent, and answers with the status that was set last. */
async function subscriber(t: TestContext) {
  const posted: Posted[] = [];
  const answer = { status: 200 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      posted.push({ headers: request.headers, body });
      response.writeHead(answer.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { posted, answer, endpoint: `http://127.0.0.1:${port}/hook`, last: () => JSON.parse(posted.at(-1)!.body) };
}

async function subscribed(t: TestContext, Attributes: Record<string, string> = {}, topic: Record<string, string> = {}) {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const hook = await subscriber(t);
  const { TopicArn } = await sns.createTopic({ Name: 'news', Attributes: topic });
  const asked = { TopicArn, Protocol: 'http', Endpoint: hook.endpoint, Attributes };
  assert.equal((await sns.subscribe(asked)).SubscriptionArn, 'pending confirmation');
  await cloud.settle();
  const confirmation = hook.last();
  return { cloud, sns, hook, TopicArn: TopicArn!, confirmation, asked };
}

const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

/** As a subscriber checks a message: with the certificate that its own text names. */
async function isGenuine(cloud: Cloud, message: Record<string, string>): Promise<boolean> {
  const path = new URL(message.SigningCertURL!).pathname;
  const documents = cloud.deps.resolver.documentsAt(path);
  const pem = await cloud.deps.store.transaction((tx) => documents!.at(tx, path));
  const text = SIGNED.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('');
  const hash = message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
  const { publicKey } = new X509Certificate(pem!.body);
  return createVerify(hash).update(text).verify(publicKey, message.Signature!, 'base64');
}

/** A visit to an address that a message names, unsigned. */
async function visit(cloud: Cloud, address: string): Promise<string> {
  const url = new URL(address);
  const answer = await cloud.send({ method: 'GET', path: url.pathname, query: url.search.slice(1) });
  assert.equal(answer.status, 200, String(answer.body));
  return String(answer.body);
}

for (const SignatureVersion of ['1', '2']) {
  test(`an endpoint confirms, is sent messages signed with version ${SignatureVersion}, and unsubscribes`, async (t) => {
    const { cloud, sns, hook, TopicArn, confirmation } = await subscribed(t, {}, { SignatureVersion });
    assert.equal(confirmation.Type, 'SubscriptionConfirmation');
    assert.equal(hook.posted[0]?.headers['x-amz-sns-message-type'], 'SubscriptionConfirmation');
    assert.ok(await isGenuine(cloud, confirmation));
    await sns.publish({ TopicArn, Message: 'too early' });
    await cloud.settle();
    assert.equal(hook.posted.length, 1);
    assert.match(await visit(cloud, confirmation.SubscribeURL), /<SubscriptionArn>arn:aws:sns:.*<\/SubscriptionArn>/);

    const MessageAttributes = { colour: { DataType: 'String', StringValue: 'red' } };
    await sns.publish({ TopicArn, Message: 'héllo\n"x"', Subject: 'hi', MessageAttributes });
    await cloud.settle();
    const message = hook.last();
    assert.equal(message.Message, 'héllo\n"x"');
    assert.deepEqual(message.MessageAttributes, { colour: { Type: 'String', Value: 'red' } });
    assert.ok(await isGenuine(cloud, message));
    assert.ok(!(await isGenuine(cloud, { ...message, Message: 'forged' })));
    const { headers } = hook.posted.at(-1)!;
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
    assert.equal(headers['x-amz-sns-topic-arn'], TopicArn);
    assert.equal(headers['x-amz-sns-message-id'], message.MessageId);
    assert.match(String(headers['x-amz-sns-subscription-arn']), new RegExp(`^${TopicArn}:[0-9a-f-]{36}$`));

    await visit(cloud, message.UnsubscribeURL);
    await cloud.settle();
    const farewell = hook.last();
    assert.equal(farewell.Type, 'UnsubscribeConfirmation');
    assert.ok(await isGenuine(cloud, farewell));
    await sns.publish({ TopicArn, Message: 'unheard' });
    await cloud.settle();
    assert.equal(hook.last().Type, 'UnsubscribeConfirmation');
    await visit(cloud, farewell.SubscribeURL);
    await visit(cloud, farewell.SubscribeURL);
    await sns.publish({ TopicArn, Message: 'back again' });
    await cloud.settle();
    assert.equal(hook.last().Message, 'back again');
  });
}

test('raw messages, with the content type that the subscriber asks for', async (t) => {
  const DeliveryPolicy = '{"requestPolicy":{"headerContentType":"application/json"}}';
  const { cloud, sns, hook, TopicArn, confirmation } = await subscribed(t, {
    RawMessageDelivery: 'true',
    DeliveryPolicy,
  });
  await visit(cloud, confirmation.SubscribeURL);
  await sns.publish({ TopicArn, Message: '{"a":1}' });
  await cloud.settle();
  const { headers, body } = hook.posted.at(-1)!;
  assert.equal(body, '{"a":1}');
  assert.equal(headers['x-amz-sns-rawdelivery'], 'true');
  assert.equal(headers['content-type'], 'application/json');
});

test('a subscriber that fails is tried again as its policy says, then its message is a dead letter', async (t) => {
  const retries = {
    minDelayTarget: 10,
    maxDelayTarget: 100,
    numRetries: 6,
    numNoDelayRetries: 1,
    numMinDelayRetries: 1,
    numMaxDelayRetries: 1,
    backoffFunction: 'linear',
  };
  const DeliveryPolicy = JSON.stringify({ healthyRetryPolicy: retries });
  const { cloud, sns, hook, TopicArn, confirmation } = await subscribed(t, { DeliveryPolicy });
  const { SubscriptionArn } = await sns.confirmSubscription({ TopicArn, Token: confirmation.Token });
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'dead' });
  const arn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:dead`;
  const open = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arn,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [open] });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const AttributeValue = JSON.stringify({ deadLetterTargetArn: arn });
  await sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName: 'RedrivePolicy', AttributeValue });
  hook.answer.status = 500;
  const { MessageId } = await sns.publish({ TopicArn, Message: 'lost' });
  const tried = () => hook.posted.length - 1;
  await cloud.settle();
  assert.equal(tried(), 2, 'at once, and once more without delay');
  for (const [seconds, times] of [
    [9, 2],
    [1, 3],
    [10, 4],
    [54, 4],
    [1, 5],
    [100, 6],
    [99, 6],
    [1, 7],
  ] as const) {
    cloud.advance(`PT${seconds}S`);
    await cloud.settle();
    assert.equal(tried(), times);
  }
  cloud.advance('P1D');
  await cloud.settle();
  assert.equal(tried(), 7);
  const [dead] = await receiveAll(cloud, QueueUrl!);
  assert.equal(JSON.parse(dead!.Body!).MessageId, MessageId);
});

test('a refusal for good is not tried again; one for now is', async (t) => {
  const { cloud, sns, hook, TopicArn, confirmation } = await subscribed(t);
  await sns.confirmSubscription({ TopicArn, Token: confirmation.Token });
  hook.answer.status = 404;
  await sns.publish({ TopicArn, Message: 'gone' });
  await cloud.settle();
  cloud.advance('PT1H');
  await cloud.settle();
  assert.equal(hook.posted.length, 2);
  hook.answer.status = 429;
  await sns.publish({ TopicArn, Message: 'later' });
  await cloud.settle();
  hook.answer.status = 200;
  cloud.advance('PT20S');
  await cloud.settle();
  assert.equal(hook.posted.length, 4);
  assert.equal(hook.last().Message, 'later');
});

test('a subscription that nobody confirms is gone after two days, and so is its token', async (t) => {
  const { cloud, sns, TopicArn, confirmation } = await subscribed(t);
  const count = async () => (await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions?.length;
  assert.equal(await count(), 1);
  cloud.advance('P2DT1S');
  await assert.rejects(sns.confirmSubscription({ TopicArn, Token: confirmation.Token }), {
    name: 'InvalidParameterException',
    message: 'Invalid parameter: Token',
  });
  await cloud.settle();
  assert.equal(await count(), 0);
});

test('deliveries keep the pace that the subscriber asks for', async (t) => {
  const DeliveryPolicy = '{"throttlePolicy":{"maxReceivesPerSecond":2}}';
  const { cloud, sns, hook, TopicArn, confirmation } = await subscribed(t, { DeliveryPolicy });
  cloud.advance('PT1M');
  await sns.confirmSubscription({ TopicArn, Token: confirmation.Token });
  for (let i = 0; i < 6; i++) await sns.publish({ TopicArn, Message: `${i}` });
  const seen: number[] = [];
  for (let second = 0; second < 4; second++) {
    await cloud.settle();
    seen.push(hook.posted.length - 1);
    cloud.advance('PT1S');
  }
  assert.deepEqual(seen, [1, 3, 5, 6]);
});

test('who does not answer is given up after a while, and few more are sent there meanwhile', async (t) => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  const send = () => withManners(endpoint, () => post(endpoint, 'x', {}, 50));
  const response = 'The operation was aborted';
  assert.deepEqual(await send(), { delivered: false, again: true, silent: true, response });
  const next = await Promise.all(Array.from({ length: 10 }, send));
  assert.equal(next.filter((outcome) => outcome !== undefined).length, 4);
});

test('link-local addresses are never reached', async () => {
  assert.deepEqual(await post('http://169.254.169.254/latest/meta-data', 'x', {}), { delivered: false });
  assert.deepEqual(await post('http://[fe80::1]/', 'x', {}), { delivered: false });
});
