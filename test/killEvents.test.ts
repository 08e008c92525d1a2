/**
 * kill -9 while events are put on a bus, matched and delivered: each event that was accepted is in the queue of its
 * rule afterwards, and there once, since a delivery inside the plane is one write set with the end of what owed it. The
 * same holds for their replay; and a queue that keeps order has them in it.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { SQS } from '@aws-sdk/client-sqs';
import { counter } from './dice.ts';
import { folder, type Plane, startedPlane } from './processes.ts';

const KILLS = 6;
const WRITERS = 4;
const key = { accessKeyId: 'AKIAKILLKILLKILLKILL', secretAccessKey: 'kill' };

test(`Events survive ${KILLS} kills: none that was accepted is lost, none arrives twice`, async (t) => {
  const data = folder(t);
  const accepted = new Set<string>();
  let queue = '';
  for (let n = 0; n < KILLS; n++) {
    const plane = await startedPlane(t, data, { key });
    const events = new EventBridge(plane.config);
    if (n === 0) queue = await prepared(plane);
    const answers = counter();
    const add = (id: string) => {
      accepted.add(id);
      answers.add();
    };
    const writers = Array.from({ length: WRITERS }, (_, writer) => written(events, `${n}-${writer}`, add));
    await answers.more(40 + n * 17, plane.ended);
    await Promise.all([plane.kill(), ...writers]);
  }
  const plane = await startedPlane(t, data, { key });
  const arrived = await drained(new SQS(plane.config), plane.config.endpoint + queue, accepted);
  assert.deepEqual(
    [...accepted].filter((id) => !arrived.has(id)),
    [],
  );
  assert.deepEqual(
    [...arrived].filter(([, times]) => times > 1),
    [],
  );
  t.diagnostic(`${accepted.size} events accepted, ${arrived.size} arrived`);
  const numbers = new Map<string, number[]>();
  const lined = await drained(
    new SQS(plane.config),
    plane.config.endpoint + queue.replace(/kept$/, 'line.fifo'),
    accepted,
    numbers,
  );
  assert.deepEqual(
    [...accepted].filter((id) => lined.get(id) !== 1),
    [],
  );
  for (const of of numbers.values())
    assert.deepEqual(
      of,
      of.toSorted((a, b) => a - b),
    );
  const again = await replayed(t, plane, data, new URL(queue, plane.config.endpoint).pathname, accepted);
  assert.deepEqual(
    [...accepted].map((id) => again.get(id)),
    [...accepted].map(() => 1),
  );
});

/** Replays the archive, with a kill in the middle; how often each event came again. */
async function replayed(t: TestContext, first: Plane, data: string, kept: string, accepted: ReadonlySet<string>) {
  const path = kept.replace(/kept$/, 'again');
  await new EventBridge(first.config).startReplay({
    ReplayName: 'again',
    EventSourceArn: `arn:aws:events:us-east-1:${path.split('/').at(-2)}:archive/kept`,
    EventStartTime: new Date(Date.now() - 3_600_000),
    EventEndTime: new Date(),
    Destination: { Arn: `arn:aws:events:us-east-1:${path.split('/').at(-2)}:event-bus/default` },
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await first.kill();
  const plane = await startedPlane(t, data, { key });
  return drained(new SQS(plane.config), plane.config.endpoint + path, accepted);
}

/** A rule that sends everything of ours to a queue; the queue's address. */
async function prepared({ config }: Plane): Promise<string> {
  const [events, sqs] = [new EventBridge(config), new SQS(config)];
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'kept' });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
  const Resource = Attributes!.QueueArn!;
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy } });
  await events.putRule({ Name: 'all', EventPattern: '{"source":["my.app"]}' });
  const line = Resource.replace(/kept$/, 'line.fifo');
  const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true', Policy: Policy.replaceAll(Resource, line) };
  await sqs.createQueue({ QueueName: 'line.fifo', Attributes: fifo });
  const Targets = [
    { Id: 'q', Arn: Resource },
    { Id: 'line', Arn: line, SqsParameters: { MessageGroupId: '$.detail.writer' } },
  ];
  await events.putTargets({ Rule: 'all', Targets });
  const EventSourceArn = Resource.replace(':sqs:', ':events:').replace(/kept$/, 'event-bus/default');
  await events.createArchive({ ArchiveName: 'kept', EventSourceArn, EventPattern: '{"source":["my.app"]}' });
  const again = Resource.replace(/kept$/, 'again');
  await sqs.createQueue({ QueueName: 'again', Attributes: { Policy: Policy.replaceAll(Resource, again) } });
  await events.putRule({ Name: 'again', EventPattern: '{"replay-name":["again"]}' });
  await events.putTargets({ Rule: 'again', Targets: [{ Id: 'q', Arn: again }] });
  return new URL(QueueUrl!).pathname;
}

/** Puts numbered events until the plane is gone. */
async function written(events: EventBridge, writer: string, accepted: (id: string) => void): Promise<void> {
  let next = 0;
  try {
    for (;;) {
      const Entries = Array.from({ length: 3 }, () => {
        return { Source: 'my.app', DetailType: 'x', Detail: JSON.stringify({ writer, n: next++ }) };
      });
      const answer = await events.putEvents({ Entries });
      for (const { EventId } of answer.Entries ?? []) accepted(EventId!);
    }
  } catch {
    // Killed.
  }
}

const QUIET_ROUNDS = 3;

/** How often each event is in the queue, when nothing more comes; `numbers`: those of each writer, as they came. */
async function drained(
  sqs: SQS,
  QueueUrl: string,
  wanted: ReadonlySet<string>,
  numbers = new Map<string, number[]>(),
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let quiet = 0; quiet < QUIET_ROUNDS; ) {
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
    });
    for (const { Body } of Messages) {
      const { id, detail } = JSON.parse(Body!) as { id: string; detail: { writer: string; n: number } };
      found.set(id, (found.get(id) ?? 0) + 1);
      numbers.set(detail.writer, [...(numbers.get(detail.writer) ?? []), detail.n]);
    }
    const Entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }));
    if (Entries.length > 0) await sqs.deleteMessageBatch({ QueueUrl, Entries });
    if (Messages.length > 0) quiet = 0;
    else if ([...wanted].every((id) => found.has(id))) quiet++;
    else quiet += 1 / 10;
  }
  return found;
}
