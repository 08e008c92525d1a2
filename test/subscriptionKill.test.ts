/**
 * kill -9 at random moments while events come into a log group, on a real process with a real disk: whatever
 * PutLogEvents answered reaches the stream that subscribes, in order.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { IAM } from '@aws-sdk/client-iam';
import { Kinesis } from '@aws-sdk/client-kinesis';
import { counter } from './dice.ts';
import { folder, startedPlane } from './processes.ts';

const KILLS = 3;
const key = { accessKeyId: 'AKIASUBSCRIPTIONKEY1', secretAccessKey: 'subscription' };
const stream = { logGroupName: 'app', logStreamName: 's' };

type Plane = Awaited<ReturnType<typeof start>>;

async function start(t: TestContext, data: string) {
  const plane = await startedPlane(t, data, { key });
  const { config } = plane;
  return { ...plane, logs: new CloudWatchLogs(config), kinesis: new Kinesis(config), iam: new IAM(config) };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test(`what PutLogEvents answered is forwarded, whatever ${KILLS} kills cut off`, async (t) => {
  const data = folder(t);
  let plane = await start(t, data);
  await subscribed(plane);
  const answered: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const answers = counter();
    const running = putting(plane, answered, `${kill}`, answers.add);
    await answers.more(60 + kill * 40, plane.ended);
    await Promise.all([running, plane.kill()]);
    plane = await start(t, data);
  }
  assert.ok(answered.length > KILLS, 'hardly anything was answered');
  t.diagnostic(`${answered.length} events answered`);
  const forwarded = await received(plane, answered.at(-1)!);
  const wanted = new Set(answered);
  assert.deepEqual(
    [...new Set(forwarded)].filter((text) => wanted.has(text)),
    answered,
  );
});

async function subscribed({ iam, kinesis, logs }: Plane): Promise<void> {
  const trust = { Effect: 'Allow', Principal: { Service: 'logs.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const may = { Effect: 'Allow', Action: 'kinesis:PutRecord', Resource: '*' };
  const policyOf = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await iam.createRole({ RoleName: 'to-kinesis', AssumeRolePolicyDocument: policyOf(trust) });
  await iam.putRolePolicy({ RoleName: 'to-kinesis', PolicyName: 'may', PolicyDocument: policyOf(may) });
  await kinesis.createStream({ StreamName: 'central', ShardCount: 1 });
  await logs.createLogGroup({ logGroupName: stream.logGroupName });
  await logs.createLogStream(stream);
  const summary = async () =>
    (await kinesis.describeStreamSummary({ StreamName: 'central' })).StreamDescriptionSummary!;
  while ((await summary()).StreamStatus !== 'ACTIVE') await pause(200);
  const { StreamARN: destinationArn } = await summary();
  const filter = { logGroupName: 'app', filterName: 'all', filterPattern: '', destinationArn, roleArn: Role!.Arn! };
  await logs.putSubscriptionFilter(filter);
}

/** One after the other, until the plane is gone; notes each that was answered. */
async function putting({ logs }: Plane, answered: string[], head: string, told: () => void): Promise<void> {
  for (let i = 0; ; i++) {
    const message = `${head}-${i}`;
    try {
      await logs.putLogEvents({ ...stream, logEvents: [{ timestamp: Date.now(), message }] });
    } catch {
      return;
    }
    answered.push(message);
    told();
  }
}

/** All that was forwarded, up to this event at least. */
async function received({ kinesis }: Plane, last: string): Promise<string[]> {
  const from = { ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' as const };
  let { ShardIterator } = await kinesis.getShardIterator({ StreamName: 'central', ...from });
  const texts: string[] = [];
  while (!texts.includes(last)) {
    const { Records, NextShardIterator } = await kinesis.getRecords({ ShardIterator });
    for (const { Data } of Records!) {
      const { messageType, logEvents } = JSON.parse(gunzipSync(Data!).toString());
      if (messageType === 'DATA_MESSAGE') texts.push(...logEvents.map(({ message }: { message: string }) => message));
    }
    ShardIterator = NextShardIterator;
    await pause(250);
  }
  return texts;
}
