/** Consumers with enhanced fan-out: registered, described, listed, deregistered. */
import {
  type ConsumerDescription,
  type DeregisterStreamConsumerInput,
  type DescribeStreamConsumerInput,
  type DescribeStreamConsumerOutput,
  type ListStreamConsumersInput,
  type ListStreamConsumersOutput,
  type RegisterStreamConsumerInput,
  type RegisterStreamConsumerOutput,
  ResourceInUseException,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { later } from '../../core/tasks.ts';
import { findStream, streamAccess, tellAudit, unnamed } from './access.ts';
import { accountRow, isCommitted } from './accountRows.ts';
import { type ConsumerTarget, consumerAccess, findConsumer, tellConsumer } from './consumerAccess.ts';
import { type Consumer, consumerArn, consumerState, consumers, consumersOf } from './consumerRows.ts';
import { noStream, requireState, tooMany } from './errors.ts';
import { freshToken, tokenText } from './pages.ts';
import { WORK_MS } from './reshards.ts';
import { type Stream, streamArn } from './streamRows.ts';
import { listedTags, requireTags } from './tagRules.ts';
import { CONSUMER, type Deregistered } from './tasks.ts';

const CREATING_MAX = 5;
const CONSUMERS_MAX = 20;
const CONSUMERS_MAX_ADVANTAGE = 50;

export const RegisterStreamConsumer: Operation<
  Present<RegisterStreamConsumerInput>,
  RegisterStreamConsumerOutput,
  Stream
> = {
  load: (input, ctx) => findStream(input, ctx),
  access({ ConsumerName, Tags }, ctx, stream) {
    tellAudit(ctx, stream);
    const conditions = requestTags(listedTags(Tags));
    const register = { ...streamAccess(stream, ctx), conditions };
    if (!Tags) return register;
    const resource = consumerArn(newConsumer(ctx, stream, ConsumerName));
    return [register, { action: 'kinesis:TagResource', resource, resourceAccount: stream.account, conditions }];
  },
  async run({ ConsumerName: name, Tags }, ctx, stream) {
    requireState(stream, ctx.now, 'ACTIVE', 'UPDATING');
    const tags = listedTags(Tags);
    requireTags(tags, stream);
    const there = await consumersOf(ctx, stream);
    if (there.some((consumer) => consumer.name === name)) {
      fail(ResourceInUseException, `Consumer ${name} under stream ${streamArn(stream)} already exists.`);
    }
    await requireRoom(ctx, stream, there);
    const consumer = { ...newConsumer(ctx, stream, name), tags };
    await ctx.store.replace(consumers, consumer);
    return { Consumer: view(consumer, ctx.now) };
  },
};

function newConsumer(
  { now }: Context,
  { account, region, name: stream, id: streamId }: Stream,
  name: string,
): Consumer {
  const created = now.getTime();
  return { account, region, stream, streamId, name, created, ready: created + WORK_MS, tags: [] };
}

/** @throws LimitExceededException */
async function requireRoom(ctx: Context, stream: Stream, there: readonly Consumer[]): Promise<void> {
  const creating = there.filter((consumer) => consumerState(consumer, ctx.now) === 'CREATING');
  if (creating.length >= CREATING_MAX) {
    tooMany(`No more than ${CREATING_MAX} consumers of stream ${streamArn(stream)} can be CREATING at the same time.`);
  }
  const advantage = stream.mode === 'ON_DEMAND' && isCommitted(await accountRow(ctx, stream), ctx.now);
  const max = quota(ctx, 'Registered consumers per stream', advantage ? CONSUMERS_MAX_ADVANTAGE : CONSUMERS_MAX);
  if (there.length >= max) tooMany(`Stream ${streamArn(stream)} already has ${max} registered consumers.`);
}

const view = (consumer: Consumer, now: Date) => ({
  ConsumerName: consumer.name,
  ConsumerARN: consumerArn(consumer),
  ConsumerStatus: consumerState(consumer, now),
  ConsumerCreationTimestamp: new Date(consumer.created),
});

export const DescribeStreamConsumer: Operation<
  DescribeStreamConsumerInput,
  DescribeStreamConsumerOutput,
  ConsumerTarget
> = {
  load: findConsumer,
  access(_input, ctx, target) {
    tellConsumer(ctx, target);
    return consumerAccess(ctx, target, true);
  },
  async run(_input, ctx, { consumer, stream }) {
    const description: ConsumerDescription = { ...view(consumer, ctx.now), StreamARN: streamArn(stream) };
    return { ConsumerDescription: description };
  },
};

export const DeregisterStreamConsumer: Operation<DeregisterStreamConsumerInput, object, ConsumerTarget> = {
  load: findConsumer,
  access(_input, ctx, target) {
    tellConsumer(ctx, target);
    return consumerAccess(ctx, target);
  },
  async run(_input, ctx, { consumer }) {
    if (consumer.gone === undefined) {
      const gone = ctx.now.getTime() + WORK_MS;
      await ctx.store.replace(consumers, { ...consumer, gone });
      const { account, region, streamId, name } = consumer;
      const body: Deregistered = { stream: streamId, name };
      await later(ctx, { kind: CONSUMER, id: consumerArn(consumer), due: gone, account, region, body });
    }
    return {};
  },
};

/** What a token says. */
interface Asked {
  readonly arn: string;
  readonly after: string;
}

const PURPOSE = 'kinesis-consumers';
const CONSUMERS_SHOWN = 100;

interface Listed {
  readonly stream: Stream;
  readonly after: string | undefined;
}

export const ListStreamConsumers: Operation<Present<ListStreamConsumersInput>, ListStreamConsumersOutput, Listed> = {
  async load(input, ctx) {
    const stream = await findStream(input, ctx);
    if (stream instanceof Missing || input.NextToken === undefined) {
      return stream instanceof Missing ? stream : { stream, after: undefined };
    }
    if (input.StreamCreationTimestamp)
      return unnamed('NextToken and StreamCreationTimestamp cannot be provided together.');
    const token = freshToken<Asked>(ctx, PURPOSE, input.NextToken);
    if (token instanceof Error) return new Missing(streamArn(stream), token);
    return token.arn === streamArn(stream) ? { stream, after: token.after } : unnamed('Invalid NextToken.');
  },
  access(_input, ctx, { stream }) {
    tellAudit(ctx, stream);
    return streamAccess(stream, ctx);
  },
  async run({ MaxResults, StreamCreationTimestamp: made }, ctx, { stream, after }) {
    if (made && Math.floor(made.getTime() / 1000) !== Math.floor(stream.created / 1000)) throw noStream(stream);
    const left = (await consumersOf(ctx, stream)).filter(({ name }) => after === undefined || name > after);
    const page = left.slice(0, Math.min(MaxResults ?? CONSUMERS_SHOWN, CONSUMERS_SHOWN));
    const last = page.length < left.length ? page.at(-1)?.name : undefined;
    return {
      Consumers: page.map((consumer) => view(consumer, ctx.now)),
      ...(last !== undefined && { NextToken: tokenText(ctx, PURPOSE, { arn: streamArn(stream), after: last }) }),
    };
  },
};
