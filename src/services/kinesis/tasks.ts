/** What Kinesis owes behind requests. What does it is loaded when it is first due. */
import type { Context } from '../../core/context.ts';
import type { Again, Task, TaskHandler } from '../../core/tasks.ts';

/** Takes out what is past its retention period. */
export const RETENTION = 'kinesis.retention';
/** Takes away what is left of a stream that is gone. */
export const ENDING = 'kinesis.ending';

/** Splits a shard of a stream on demand. */
export const GROWTH = 'kinesis.growth';

export interface Growth extends Sweep {
  readonly shard: number;
}

/** Takes away what is left of a consumer. */
export const CONSUMER = 'kinesis.consumer';

export interface Deregistered {
  /** Id of the stream. */
  readonly stream: string;
  readonly name: string;
}

/** Carries what comes into a stream to where a channel delivers it. */
export const CHANNEL = 'kinesis.channel';

export interface Carried {
  readonly account: string;
  readonly region: string;
  /** Of the channel. */
  readonly id: string;
}

/** The stream. The task's id is the stream's. */
export interface Sweep {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export const kinesisTasks: readonly TaskHandler[] = [
  handler<Sweep>(RETENTION, async (task, ctx) => (await import('./retention.ts')).endRetention(task, ctx)),
  handler<Sweep>(ENDING, async (task, ctx) => (await import('./retention.ts')).endStream(task, ctx)),
  handler<Growth>(GROWTH, async (task, ctx) => (await import('./growth.ts')).grow(task, ctx)),
  handler<Deregistered>(CONSUMER, async (task, ctx) => (await import('./retention.ts')).endConsumer(task, ctx)),
  {
    ...handler<Carried>(CHANNEL, async (task, ctx) => (await import('./channelDelivery.ts')).carry(task, ctx)),
    failed: async (task, ctx, error) => (await import('./channelDelivery.ts')).afterFailure(task, ctx, error),
  },
];

function handler<Body>(kind: string, settle: (task: Task<Body>, ctx: Context) => Promise<Again>): TaskHandler<Body> {
  return { kind, principal: 'kinesis.amazonaws.com', settle };
}
