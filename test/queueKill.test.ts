/**
 * kill -9 at random moments while messages are published, on a real process with a real disk: whatever Publish answered
 * reaches the queues that subscribe, and where FIFO says so in order.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { counter } from './dice.ts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 5;
const key = { accessKeyId: 'AKIAQUEUEQUEUEQUEUE1', secretAccessKey: 'queue' };

type Plane = Awaited<ReturnType<typeof start>>;

async function start(t: TestContext, data: string) {
  const plane = await startedPlane(t, data, { key });
  return { ...plane, sns: new SNS(plane.config), sqs: new SQS(plane.config) };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test(`what Publish answered survives ${KILLS} kills`, async (t) => {
  const data = folder(t);
  let plane = await start(t, data);
  const plain = await subscribed(plane, 'news', '');
  const line = await subscribed(plane, 'line', '.fifo');
  const answered = { plain: [] as string[], line: [] as string[] };
  for (let kill = 0; kill < KILLS; kill++) {
    const { sns } = plane;
    const answers = counter();
    const running = [
      publishing(answered.plain, `${kill}`, async (Message) => {
        await sns.publish({ TopicArn: plain.topic, Message });
        answers.add();
      }),
      publishing(answered.line, `${kill}`, async (Message) => {
        await sns.publish({ TopicArn: line.topic, Message, MessageGroupId: 'g', MessageDeduplicationId: Message });
        answers.add();
      }),
    ];
    await answers.more(60 + kill * 23, plane.ended);
    await Promise.all([...running, plane.kill()]);
    plane = await start(t, data);
  }
  assert.ok(answered.plain.length > KILLS && answered.line.length > KILLS, 'hardly anything was answered');
  t.diagnostic(`${answered.plain.length} and ${answered.line.length} messages answered`);
  const any = new Set(await received(plane, plain.name, answered.plain.length));
  for (const text of answered.plain) assert.ok(any.has(text), `${text} was answered and is lost`);
  const ordered = await received(plane, line.name, answered.line.length);
  const wanted = new Set(answered.line);
  assert.deepEqual(
    ordered.filter((text) => wanted.has(text)),
    answered.line,
  );
  // What is archived was written with its publication; a replay that is cut off goes on where it was.
  const attributes = await plane.sns.getTopicAttributes({ TopicArn: line.topic });
  const StartingPoint = attributes.Attributes?.BeginningArchiveTime;
  const ReplayPolicy = JSON.stringify({ PointType: 'Timestamp', StartingPoint });
  await subscribe(plane, line.topic, 'again', '.fifo', { ReplayPolicy });
  await pause(30);
  await plane.kill();
  plane = await start(t, data);
  const replayed = await received(plane, 'again.fifo', answered.line.length);
  assert.deepEqual(
    replayed.filter((text) => wanted.has(text)),
    answered.line,
  );
});

async function subscribed(plane: Plane, base: string, suffix: string) {
  const name = base + suffix;
  const ArchivePolicy = '{"MessageRetentionPeriod":"1"}';
  const fifo: Record<string, string> = suffix === '' ? {} : { FifoTopic: 'true', ArchivePolicy };
  const { TopicArn: topic } = await plane.sns.createTopic({ Name: name, Attributes: fifo });
  await subscribe(plane, topic!, base, suffix);
  return { topic: topic!, name };
}

async function subscribe({ sns, sqs }: Plane, topic: string, base: string, suffix: string, more = {}) {
  const Endpoint = `${topic.replace(':sns:', ':sqs:').replace(/[^:]+$/, '')}${base}${suffix}`;
  const statement = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: Endpoint };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const kind: Record<string, string> = suffix === '' ? {} : { FifoQueue: 'true' };
  await sqs.createQueue({ QueueName: base + suffix, Attributes: { ...kind, Policy } });
  const Attributes = { RawMessageDelivery: 'true', ...more };
  await sns.subscribe({ TopicArn: topic, Protocol: 'sqs', Endpoint, Attributes });
}

/** One after the other, until the plane is gone; notes each that was answered. */
async function publishing(answered: string[], head: string, publish: (text: string) => Promise<unknown>) {
  for (let i = 0; ; i++) {
    const text = `${head}-${i}`;
    try {
      await publish(text);
    } catch {
      return;
    }
    answered.push(text);
  }
}

/** At least so many messages, as they come. */
async function received({ sqs }: Plane, QueueName: string, expected: number): Promise<string[]> {
  const { QueueUrl } = await sqs.getQueueUrl({ QueueName });
  const texts: string[] = [];
  for (let empty = 0; empty < 3; ) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 });
    if (Messages.length === 0 && texts.length >= expected) return texts;
    empty = Messages.length === 0 ? empty + 1 : 0;
    texts.push(...Messages.map(({ Body }) => Body!));
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: `${i}`, ReceiptHandle }));
    if (Entries.length > 0) await sqs.deleteMessageBatch({ QueueUrl, Entries });
  }
  return texts;
}
