/**
 * kill -9 at random moments while records are put and delivered, on a real process with a real disk: whatever PutRecord
 * and PutRecordBatch answered is in the bucket afterwards, once.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Firehose } from '@aws-sdk/client-firehose';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { folder, startedPlane } from './processes.ts';

const KILLS = 4;
const DeliveryStreamName = 'line';
const Bucket = 'delivered';
const key = { accessKeyId: 'AKIAFIREHOSEFIREHOSE', secretAccessKey: 'firehose' };

type Plane = Awaited<ReturnType<typeof start>>;

async function start(t: TestContext, data: string) {
  const plane = await startedPlane(t, data, { key });
  const s3 = new S3({ ...plane.config, forcePathStyle: true });
  return { ...plane, s3, iam: new IAM(plane.config), firehose: new Firehose(plane.config) };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test(`records that were answered survive ${KILLS} kills`, async (t) => {
  const data = folder(t);
  const answered: string[] = [];
  let plane = await start(t, data);
  await deliveryStream(plane);
  for (let kill = 0; kill < KILLS; kill++) {
    const { firehose } = plane;
    const writers = [putting(firehose, `a${kill}`, answered), batching(firehose, `b${kill}`, answered)];
    const before = answered.length;
    while (answered.length < before + 60 + kill * 23) await pause(5);
    await Promise.all([plane.kill(), ...writers]);
    plane = await start(t, data);
  }
  const seen = await delivered(plane, answered);
  for (const text of answered) assert.equal(seen.get(text), 1, `${text} was answered`);
  t.diagnostic(`${answered.length} records answered`);
});

async function deliveryStream({ firehose, iam, s3 }: Plane): Promise<void> {
  await s3.createBucket({ Bucket });
  const trust = { Effect: 'Allow', Principal: { Service: 'firehose.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const allowed = { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` };
  const [AssumeRolePolicyDocument, PolicyDocument] = [trust, allowed].map((statement) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
  );
  const { Role } = await iam.createRole({ RoleName: 'deliverer', AssumeRolePolicyDocument });
  await iam.putRolePolicy({ RoleName: 'deliverer', PolicyName: 'deliver', PolicyDocument });
  await firehose.createDeliveryStream({
    DeliveryStreamName,
    ExtendedS3DestinationConfiguration: {
      RoleARN: Role!.Arn,
      BucketARN: `arn:aws:s3:::${Bucket}`,
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
    },
  });
  for (;;) {
    const { DeliveryStreamDescription } = await firehose.describeDeliveryStream({ DeliveryStreamName });
    if (DeliveryStreamDescription?.DeliveryStreamStatus === 'ACTIVE') return;
    await pause(200);
  }
}

const dataOf = (text: string) => Buffer.from(`${text}\n`);

/** Until the plane is gone. */
async function putting(firehose: Firehose, name: string, answered: string[]): Promise<void> {
  for (let i = 0; ; i++) {
    const text = `${name}-${i}`;
    try {
      await firehose.putRecord({ DeliveryStreamName, Record: { Data: dataOf(text) } });
      answered.push(text);
    } catch {
      return;
    }
  }
}

async function batching(firehose: Firehose, name: string, answered: string[]): Promise<void> {
  for (let i = 0; ; i++) {
    const texts = Array.from({ length: 7 }, (_, place) => `${name}-${i}-${place}`);
    try {
      const Records = texts.map((text) => ({ Data: dataOf(text) }));
      const put = await firehose.putRecordBatch({ DeliveryStreamName, Records });
      for (const [place, { RecordId }] of put.RequestResponses!.entries()) {
        if (RecordId !== undefined) answered.push(texts[place]!);
      }
    } catch {
      return;
    }
  }
}

/** How often each record is in the bucket, when all that were answered are. */
async function delivered({ s3 }: Plane, answered: readonly string[]): Promise<Map<string, number>> {
  for (let turn = 0; ; turn++) {
    const seen = new Map<string, number>();
    let token: string | undefined;
    do {
      const page = await s3.listObjectsV2({ Bucket, ContinuationToken: token });
      for (const { Key } of page.Contents ?? []) {
        const { Body } = await s3.getObject({ Bucket, Key });
        for (const text of (await Body!.transformToString()).trimEnd().split('\n')) {
          seen.set(text, (seen.get(text) ?? 0) + 1);
        }
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    if (turn === 100 || answered.every((text) => seen.has(text))) return seen;
    await pause(200);
  }
}
