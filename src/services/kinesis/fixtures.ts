/** What the tests of Kinesis share. */
import type { ShardIteratorType } from '@aws-sdk/client-kinesis';
import type { Clients, Cloud } from '../../testing/cloud.ts';

export const StreamName = 'line';

export const shard = (index: number) => `shardId-${String(index).padStart(12, '0')}`;

/** The clients of a cloud with an active stream. */
export async function active(cloud: Cloud, ShardCount = 1): Promise<Clients['kinesis']> {
  await cloud.root.kinesis.createStream({ StreamName, ShardCount });
  await cloud.advance('PT1M');
  return cloud.root.kinesis;
}

export async function iteratorOf(kinesis: Clients['kinesis'], type: ShardIteratorType, index = 0, more: object = {}) {
  const asked = { StreamName, ShardId: shard(index), ShardIteratorType: type, ...more };
  return (await kinesis.getShardIterator(asked)).ShardIterator;
}

export const textOf = (data: Uint8Array | undefined) => Buffer.from(data!).toString();

export const put = (kinesis: Clients['kinesis'], text: string, more: object = {}) =>
  kinesis.putRecord({ StreamName, PartitionKey: 'k', Data: Buffer.from(text), ...more });

/** All that a shard holds. */
export async function textsIn(kinesis: Clients['kinesis'], index = 0): Promise<string[]> {
  const { Records = [] } = await kinesis.getRecords({
    ShardIterator: await iteratorOf(kinesis, 'TRIM_HORIZON', index),
  });
  return Records.map(({ Data }) => textOf(Data));
}
