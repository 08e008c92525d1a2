/** Shards as they are shown, and listed. */
import type { Shard as Shown } from '@aws-sdk/client-kinesis';
import { firstSequence, lastSequence } from './sequences.ts';
import { decimalOf, isOpen, type Shard, shardId } from './shardRows.ts';

export function shardView(shard: Shard, now: Date): Shown {
  const { parent, adjacent, closes } = shard;
  return {
    ShardId: shardId(shard.index),
    ...(parent !== undefined && { ParentShardId: shardId(parent) }),
    ...(adjacent !== undefined && { AdjacentParentShardId: shardId(adjacent) }),
    HashKeyRange: { StartingHashKey: decimalOf(shard.from), EndingHashKey: decimalOf(shard.to) },
    SequenceNumberRange: {
      StartingSequenceNumber: firstSequence(shard),
      ...(!isOpen(shard, now.getTime()) &&
        closes !== undefined && { EndingSequenceNumber: lastSequence(shard, closes) }),
    },
  };
}
