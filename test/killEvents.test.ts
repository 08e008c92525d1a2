/**
 * kill -9 while events are put on a bus, matched and delivered: each event that was accepted is in the queue of its
 * rule afterwards, and there once, since a delivery inside the plane is one write set with the end of what owed it. The
 * same holds for their replay.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { SQS } from '@aws-sdk/client-sqs';
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
    const writers = Array.from({ length: WRITERS }, () => written(events, accepted));
    const before = accepted.size;
    while (accepted.size < before + 40 + n * 17) await new Promise((resolve) => setImmediate(resolve));
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
  await events.putTargets({ Rule: 'all', Targets: [{ Id: 'q', Arn: Resource }] });
  const EventSourceArn = Resource.replace(':sqs:', ':events:').replace(/kept$/, 'event-bus/default');
  await events.createArchive({ ArchiveName: 'kept', EventSourceArn, EventPattern: '{"source":["my.app"]}' });
  const again = Resource.replace(/kept$/, 'again');
  await sqs.createQueue({ QueueName: 'again', Attributes: { Policy: Policy.replaceAll(Resource, again) } });
  await events.putRule({ Name: 'again', EventPattern: '{"replay-name":["again"]}' });
  await events.putTargets({ Rule: 'again', Targets: [{ Id: 'q', Arn: again }] });
  return new URL(QueueUrl!).pathname;
}

/** Puts events until the plane is gone. */
async function written(events: EventBridge, accepted: Set<string>): Promise<void> {
  const Entries = Array.from({ length: 3 }, (_, n) => ({ Source: 'my.app', DetailType: 'x', Detail: `{"n":${n}}` }));
  try {
    for (;;) {
      const answer = await events.putEvents({ Entries });
      for (const { EventId } of answer.Entries ?? []) accepted.add(EventId!);
    }
  } catch {
    // Killed.
  }
}

const QUIET_ROUNDS = 3;

/** How often each event is in the queue, when nothing more comes. */
async function drained(sqs: SQS, QueueUrl: string, wanted: ReadonlySet<string>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (let quiet = 0; quiet < QUIET_ROUNDS; ) {
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
    });
    for (const { Body } of Messages) {
      const { id } = JSON.parse(Body!) as { id: string };
      found.set(id, (found.get(id) ?? 0) + 1);
    }
    if (Messages.length > 0) quiet = 0;
    else if ([...wanted].every((id) => found.has(id))) quiet++;
    else quiet += 1 / 10;
  }
  return found;
}
