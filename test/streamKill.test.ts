/**
 * kill -9 at random moments while records are put, on a real process with a real disk: whatever PutRecord and
 * PutRecords answered is in its shard afterwards, once, in the order of its sequence numbers.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Kinesis, waitUntilStreamExists } from '@aws-sdk/client-kinesis';
import { folder, startedPlane } from './processes.ts';

const KILLS = 4;
const SHARDS = 2;
const StreamName = 'line';
const key = { accessKeyId: 'AKIASTREAMSTREAMSTRE', secretAccessKey: 'stream' };

async function start(t: TestContext, data: string) {
  const plane = await startedPlane(t, data, { key });
  return { ...plane, kinesis: new Kinesis(plane.config) };
}

test(`records that were answered survive ${KILLS} kills`, async (t) => {
  const data = folder(t);
  const answered = new Map<string, string>();
  for (let n = 0; n < KILLS; n++) {
    const { kinesis, kill } = await start(t, data);
    if (n === 0) await kinesis.createStream({ StreamName, ShardCount: SHARDS });
    await waitUntilStreamExists({ client: kinesis, maxWaitTime: 60, minDelay: 1 }, { StreamName });
    const writers = [putting(kinesis, `a${n}`, answered), batching(kinesis, `b${n}`, answered)];
    const before = answered.size;
    while (answered.size < before + 60 + n * 23) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([kill(), ...writers]);
  }
  const { kinesis } = await start(t, data);
  const found = await everything(kinesis);
  for (const [text, sequence] of answered) assert.deepEqual(found.get(text), [sequence], `${text} was answered`);
  t.diagnostic(`${answered.size} records answered`);
});

type Answered = Map<string, string>;

/** Until the plane is gone. */
async function putting(kinesis: Kinesis, name: string, answered: Answered): Promise<void> {
  for (let i = 0; ; i++) {
    const text = `${name}-${i}`;
    try {
      const { SequenceNumber } = await kinesis.putRecord({ StreamName, PartitionKey: text, Data: Buffer.from(text) });
      answered.set(text, SequenceNumber!);
    } catch (error) {
      if ((error as Error).name !== 'ProvisionedThroughputExceededException') return;
    }
  }
}

async function batching(kinesis: Kinesis, name: string, answered: Answered): Promise<void> {
  for (let i = 0; ; i++) {
    const texts = Array.from({ length: 7 }, (_, place) => `${name}-${i}-${place}`);
    try {
      const Records = texts.map((text) => ({ PartitionKey: text, Data: Buffer.from(text) }));
      const put = await kinesis.putRecords({ StreamName, Records });
      for (const [place, { SequenceNumber }] of put.Records!.entries()) {
        if (SequenceNumber !== undefined) answered.set(texts[place]!, SequenceNumber);
      }
    } catch {
      return;
    }
  }
}

/** Every record's text with the sequence numbers under which it is there. */
async function everything(kinesis: Kinesis): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (let shard = 0; shard < SHARDS; shard++) {
    const ShardId = `shardId-${String(shard).padStart(12, '0')}`;
    const asked = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
    const { ShardIterator } = await kinesis.getShardIterator(asked);
    const { Records = [], MillisBehindLatest } = await kinesis.getRecords({ ShardIterator });
    assert.equal(MillisBehindLatest, 0);
    let last = 0n;
    for (const { Data, SequenceNumber = '0' } of Records) {
      assert.ok(BigInt(SequenceNumber) > last);
      last = BigInt(SequenceNumber);
      const text = Buffer.from(Data!).toString();
      found.set(text, [...(found.get(text) ?? []), SequenceNumber]);
    }
  }
  return found;
}
