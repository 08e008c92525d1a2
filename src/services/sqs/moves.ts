/**
 * Message move tasks: what failed goes back to the queue it failed in, or to another one, at the rate that is asked
 * for.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
import {
  type CancelMessageMoveTaskRequest,
  type CancelMessageMoveTaskResult,
  type ListMessageMoveTasksRequest,
  type ListMessageMoveTasksResult,
  ResourceNotFoundException,
  type StartMessageMoveTaskRequest,
  type StartMessageMoveTaskResult,
  UnsupportedOperation,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { timeUuid, uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { type Again, later, type Task } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { queueAccess, tellAudit } from './access.ts';
import { invalidValue, refuse, requireRange } from './errors.ts';
import { type Message, messages, sequenceAfter } from './messages.ts';
import { type Queue, queueArn, queueKey, queues } from './queueRows.ts';
import { moveMessage } from './redrive.ts';
import { MOVING } from './tasks.ts';

interface Move {
  /** ARN of the dead-letter queue. */
  readonly source: string;
  /** In time's order. */
  readonly id: string;
  readonly destination?: string;
  readonly perSecond?: number;
  readonly status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  readonly moved: number;
  readonly toMove: number;
  /** Milliseconds. */
  readonly started: number;
  /** Messages sent later stay. */
  readonly end: string;
  readonly failure?: string;
}

const moves = table<Move>('sqs_move', {
  key: ({ source, id }) => [source, id],
  indexes: { running: ({ source, status }) => (status === 'RUNNING' ? [[source]] : []) },
});

const RATE_MAX = 500;
const KEPT = 10;

interface Ends {
  readonly source: Queue;
  readonly destination?: Queue | undefined;
}

const noResource = (what: string) =>
  awsError(ResourceNotFoundException, `The resource that you specified for the ${what} parameter doesn't exist.`);

async function findQueue(ctx: Context, arn: string, parameter: string): Promise<Queue | Missing> {
  const key = queueKey(arn);
  if (!key || key[1] !== ctx.region) return new Missing('*', invalidValue(parameter, arn, 'Invalid ARN.'));
  return (await ctx.store.get(queues, key)) ?? new Missing(arn, noResource(parameter));
}

export const StartMessageMoveTask: Operation<Present<StartMessageMoveTaskRequest>, StartMessageMoveTaskResult, Ends> = {
  async load(input, ctx) {
    const source = await findQueue(ctx, input.SourceArn, 'SourceArn');
    if (source instanceof Missing || input.DestinationArn === undefined)
      return source instanceof Missing ? source : { source };
    const destination = await findQueue(ctx, input.DestinationArn, 'DestinationArn');
    return destination instanceof Missing ? destination : { source, destination };
  },
  access(_input, ctx, { source, destination }) {
    tellAudit(ctx, source);
    const own = queueAccess(source, ctx, true);
    return [
      own,
      { ...own, action: 'sqs:ReceiveMessage' },
      { ...own, action: 'sqs:DeleteMessage' },
      ...(destination ? [{ ...queueAccess(destination, ctx, true), action: 'sqs:SendMessage' }] : []),
    ];
  },
  async run(input, ctx, { source, destination }) {
    const rate = input.MaxNumberOfMessagesPerSecond;
    const range = `Must be between 1 and ${RATE_MAX}, if provided.`;
    requireRange('MaxNumberOfMessagesPerSecond', rate, 1, RATE_MAX, range);
    await requireMovable(ctx, source, destination);
    const move: Move = {
      source: queueArn(source),
      id: timeUuid(ctx.now, ctx),
      ...(destination && { destination: queueArn(destination) }),
      ...(rate !== undefined && { perSecond: rate }),
      status: 'RUNNING',
      moved: 0,
      toMove: await ctx.store.count(messages, [source.box], undefined, 'unchecked'),
      started: ctx.now.getTime(),
      end: sequenceAfter(undefined, ctx.now),
    };
    await ctx.store.insert(moves, move);
    await forgetOld(ctx, move.source);
    await later(ctx, { kind: MOVING, id: move.id, account: source.account, body: { source: move.source } });
    return { TaskHandle: handleOf(move) };
  },
};

async function requireMovable(ctx: Context, source: Queue, destination: Queue | undefined): Promise<void> {
  const arn = queueArn(source);
  const sources = await ctx.store.list(queues, [arn], { index: 'deadLetters', limit: 1 });
  if (sources.rows.length === 0) refuse('Source queue must be configured as a Dead Letter Queue.');
  if (destination && queueArn(destination) === arn)
    refuse('Source queue arn and destination queue arn cannot be same.');
  if (destination && destination.fifo !== source.fifo) {
    refuse('Source queue and destination queue must be of the same type.');
  }
  const running = await ctx.store.list(moves, [arn], { index: 'running', limit: 1 });
  if (running.rows.length > 0) {
    const only =
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.';
    refuse(only);
  }
}

async function forgetOld(ctx: Context, source: string): Promise<void> {
  const { rows } = await ctx.store.list(moves, [source], { limit: KEPT * 2 });
  for (const { id } of rows.slice(0, -KEPT)) await ctx.store.remove(moves, [source, id]);
}

const handleOf = ({ source, id }: Move) =>
  Buffer.from(JSON.stringify({ taskId: id, sourceArn: source })).toString('base64');

function moveOf(handle: string): readonly [source: string, id: string] | undefined {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, 'base64').toString('utf8')) as Record<string, unknown>;
    return typeof taskId === 'string' && typeof sourceArn === 'string' ? [sourceArn, taskId] : undefined;
  } catch {
    return undefined;
  }
}

export const CancelMessageMoveTask: Operation<
  Present<CancelMessageMoveTaskRequest>,
  CancelMessageMoveTaskResult,
  { readonly source: Queue; readonly move: Move | undefined }
> = {
  async load({ TaskHandle }, ctx) {
    const key = moveOf(TaskHandle);
    if (!key) return new Missing('*', invalidValue('TaskHandle', TaskHandle, 'Invalid task handle.'));
    const source = await findQueue(ctx, key[0], 'SourceArn');
    return source instanceof Missing ? source : { source, move: await ctx.store.get(moves, key) };
  },
  access(_input, ctx, { source }) {
    tellAudit(ctx, source);
    return queueAccess(source, ctx, true);
  },
  async run(_input, ctx, { move }) {
    if (!move) fail(ResourceNotFoundException, 'Task does not exist.');
    if (move.status !== 'RUNNING') {
      fail(UnsupportedOperation, 'Only active tasks can be cancelled.');
    }
    await ctx.store.replace(moves, { ...move, status: 'CANCELLED' });
    return { ApproximateNumberOfMessagesMoved: move.moved };
  },
};

export const ListMessageMoveTasks: Operation<
  Present<ListMessageMoveTasksRequest>,
  ListMessageMoveTasksResult,
  Queue
> = {
  load: ({ SourceArn }, ctx) => findQueue(ctx, SourceArn, 'SourceArn'),
  access(_input, ctx, source) {
    tellAudit(ctx, source);
    return queueAccess(source, ctx, true);
  },
  async run({ MaxResults = 1 }, ctx, source) {
    requireRange('MaxResults', MaxResults, 1, 10, 'Must be between 1 and 10, if provided.');
    const { rows } = await ctx.store.list(moves, [queueArn(source)], { limit: KEPT * 2 });
    return { Results: rows.toReversed().slice(0, MaxResults).map(view) };
  },
};

const view = (move: Move) => ({
  ...(move.status === 'RUNNING' && { TaskHandle: handleOf(move) }),
  Status: move.status,
  SourceArn: move.source,
  DestinationArn: move.destination,
  MaxNumberOfMessagesPerSecond: move.perSecond,
  ApproximateNumberOfMessagesMoved: move.moved,
  ApproximateNumberOfMessagesToMove: move.toMove,
  FailureReason: move.failure,
  StartedTimestamp: move.started,
});

const MOVED_A_TURN = 50;
const LOOKED_AT = 200;

/** Moves as many as a turn's share of the rate; again until none is left that can be moved. */
export async function moveOn({ id, body }: Task<{ readonly source: string }>, ctx: Context): Promise<Again> {
  const move = await ctx.store.get(moves, [body.source, id]);
  const source = await ctx.store.get(queues, queueKey(body.source)!);
  if (move?.status !== 'RUNNING') return undefined;
  const rate = move.perSecond ?? RATE_MAX;
  const share = Math.min(MOVED_A_TURN, rate);
  const ready = source ? await movable(ctx, source, move.end, share) : [];
  let moved = 0;
  for (const message of ready) {
    const to = await targetOf(ctx, move, message);
    if (!to) {
      const failure = 'CouldNotDetermineMessageSource';
      await ctx.store.replace(moves, { ...move, moved: move.moved + moved, status: 'FAILED', failure });
      return undefined;
    }
    await moveMessage(ctx, message, to, { id: uuid(ctx), sent: ctx.now.getTime(), grouped: source!.fifo });
    moved++;
  }
  const status = ready.length < share ? 'COMPLETED' : 'RUNNING';
  await ctx.store.replace(moves, { ...move, moved: move.moved + moved, status });
  return status === 'RUNNING' ? (share * 1000) / rate : undefined;
}

/** Messages that can be received, the oldest first; of a FIFO queue's groups none past one that is in flight. */
async function movable(ctx: Context, { box }: Queue, end: string, wanted: number): Promise<Message[]> {
  const found: Message[] = [];
  const blocked = new Set<string>();
  let after: string | undefined;
  do {
    const page = await ctx.store.list(messages, [box], { limit: LOOKED_AT, after });
    for (const message of page.rows) {
      if (message.sequence >= end || found.length === wanted) return found;
      const { visible, group = '' } = message;
      if (visible > ctx.now.getTime()) blocked.add(group);
      else if (!box.startsWith('f') || !blocked.has(group)) found.push(message);
    }
    after = page.next;
  } while (after !== undefined);
  return found;
}

async function targetOf(ctx: Context, { destination }: Move, { failedIn }: Message): Promise<Queue | undefined> {
  const key = queueKey(destination ?? failedIn ?? '');
  return key && (await ctx.store.get(queues, key));
}
