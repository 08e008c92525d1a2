/** What SNS owes behind requests. What does it is loaded when it is first due. */
import type { Context } from '../../core/context.ts';
import { type Again, later, type Outside, pauseOf, type Task, type TaskHandler } from '../../core/tasks.ts';
import { type Subscription, subscriptionArn, type Topic, topicArn } from './topicRows.ts';

/** A message to all subscribers of a standard topic. */
export const FAN_OUT = 'sns.fanout';
/** The messages of one group of a FIFO topic, in order. */
export const LINE = 'sns.line';
/** A message to one subscriber outside. */
export const DELIVER = 'sns.deliver';
const EXPIRE = 'sns.expire';
const FORGET = 'sns.forget';
/** A finding of a data protection policy, for a log group. */
export const AUDIT = 'sns.audit';
/** The hourly look at an archive. */
export const ARCHIVE = 'sns.archive';
/** A subscription's way through an archive. */
export const REPLAY = 'sns.replay';
/** A message to a delivery stream of Firehose. */
export const RECORD = 'sns.record';
/** The record of a delivery, for a log group. */
export const STATUS = 'sns.status';
export const OUTBOX = 'sns.outbox';
export const SENT = 'sns.sent';

export interface FanOut {
  readonly topic: string;
  /** The message; see published.ts. */
  readonly sealed: string;
  /** Subscribers after this one are still to be served. */
  readonly after?: string | undefined;
}

export interface Line {
  readonly topic: string;
  readonly line: string;
}

/** What is sent to an endpoint outside, sealed; see deliveries.ts. */
export interface Delivery {
  readonly topic: string;
  readonly subscription: string;
  readonly sealed: string;
  /** Id of the message, and when it was published, where what is sealed may not say it. */
  readonly message?: { readonly id: string; readonly time: string };
}

export interface Auditing {
  readonly topic: string;
  readonly group: string;
  /** JSON. */
  readonly message: string;
  /** Milliseconds. */
  readonly time: number;
}

export interface StatusLog {
  readonly topic: string;
  /** ARN. */
  readonly role: string;
  readonly group: string;
  /** JSON. */
  readonly record: string;
  /** Milliseconds. */
  readonly time: number;
}

export interface Archiving {
  readonly topic: string;
  readonly archive: string;
}

export interface Replaying {
  readonly subscription: string;
  readonly replay: string;
}

export interface Forget {
  readonly topic: string;
  /** Milliseconds: subscriptions from before. */
  readonly before: number;
}

type Settle<Body> = (task: Task<Body>, ctx: Context) => Promise<Again>;

const PRINCIPAL = 'sns.amazonaws.com';
const handler = <Body>(kind: string, settle: Settle<Body>): TaskHandler<Body> => ({
  kind,
  principal: PRINCIPAL,
  settle,
});

/** As long as SNS tries queues and streams: what was published is not lost before. */
const LASTING_MS = 23 * 86_400_000;

const lasting = <Body>(tasks: TaskHandler<Body>): TaskHandler<Body> => ({
  ...tasks,
  failed: async ({ given, attempt }, { now }) => (now.getTime() - given < LASTING_MS ? pauseOf(attempt) : undefined),
});

export const snsTasks: readonly TaskHandler[] = [
  lasting(handler<FanOut>(FAN_OUT, async (task, ctx) => (await import('./fanOut.ts')).fanOut(task, ctx))),
  lasting(handler<Line>(LINE, async (task, ctx) => (await import('./lines.ts')).serveLine(task, ctx))),
  handler<{ readonly subscription: string }>(EXPIRE, async (task, ctx) =>
    (await import('./confirmations.ts')).expire(task, ctx),
  ),
  handler<Forget>(FORGET, async (task, ctx) => (await import('./confirmations.ts')).forget(task, ctx)),
  handler<Auditing>(AUDIT, async (task, ctx) => (await import('./findings.ts')).writeFinding(task, ctx)),
  handler<Archiving>(ARCHIVE, async (task, ctx) => (await import('./archive.ts')).tendArchive(task, ctx)),
  handler<Replaying>(REPLAY, async (task, ctx) => (await import('./replays.ts')).replaySome(task, ctx)),
  handler<StatusLog>(STATUS, async (task, ctx) => (await import('./statusLogs.ts')).writeStatus(task, ctx)),
  handler<object>(SENT, async (task, ctx) => (await import('./deduplication.ts')).forgetSent(task, ctx)),
  handler<object>(OUTBOX, async (task, ctx) => (await import('./outbox.ts')).clearOut(task, ctx)),
  {
    ...handler<Delivery>(RECORD, async (task, ctx) => (await import('./deliveryStreams.ts')).deliverRecord(task, ctx)),
    failed: async (task: Task<Delivery>, ctx: Context, error: unknown) =>
      (await import('./deliveryStreams.ts')).afterFailure(task, ctx, error),
  },
  {
    kind: DELIVER,
    principal: PRINCIPAL,
    reach: async (task: Task<Delivery>, outside: Outside) => (await import('./deliveries.ts')).reach(task, outside),
    settle: async (task: Task<Delivery>, ctx, seen) => (await import('./deliveries.ts')).settle(task, ctx, seen),
  },
];

/** Subscriptions that nobody confirmed in time go. */
export const expireLater = (ctx: Context, row: Subscription, due: number) =>
  later(ctx, { kind: EXPIRE, id: subscriptionArn(row), due, body: { subscription: subscriptionArn(row) } });

/** The subscriptions of a topic that was deleted go. */
export const forgetTopic = (ctx: Context, topic: Topic) =>
  later<Forget>(ctx, {
    kind: FORGET,
    account: topic.account,
    region: topic.region,
    body: { topic: topicArn(topic), before: ctx.now.getTime() },
  });

export const clearOutboxAt = (ctx: Context, account: string, due: number) =>
  later(ctx, { kind: OUTBOX, id: account, account, due, body: {} });
