/** What has tags, and but for channels a policy of its own: a stream, a consumer, a channel. Named by an ARN. */
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Operation, type Tag } from '../../core/operation.ts';
import { findStream, streamAccess, tellAudit, unnamed } from './access.ts';
import { type Channel, channelArn, channelKey, channels } from './channelRows.ts';
import { channelAccess, findChannel } from './channels.ts';
import { consumerAccess, consumerOfArn, isConsumerArn, tellConsumer } from './consumerAccess.ts';
import { type Consumer, consumerArn, consumers } from './consumerRows.ts';
import { requireState } from './errors.ts';
import { type Stream, streamArn, streamKey, streams } from './streamRows.ts';

export interface Resource {
  readonly kind: 'stream' | 'consumer' | 'channel';
  readonly arn: string;
  readonly stream: Pick<Stream, 'name' | 'account'>;
  readonly tags: readonly Tag[];
  readonly policy: string | undefined;
  /** @throws ResourceInUseException while its stream is made or deleted */
  readonly requireReady: (ctx: Context) => void;
  readonly access: (ctx: Context) => Access;
  /** Writes it with changes. */
  readonly change: (ctx: Context, changes: Pick<Partial<Stream>, 'tags' | 'policy'>) => Promise<void>;
}

export async function findResource({ ResourceARN: arn }: { readonly ResourceARN: string }, ctx: Context) {
  if (isConsumerArn(arn)) {
    const target = await consumerOfArn(ctx, arn);
    return target instanceof Missing ? target : ofConsumer(target.stream, target.consumer);
  }
  if (channelKey(arn)) {
    const channel = await findChannel(arn, ctx);
    return channel instanceof Missing ? channel : ofChannel(channel);
  }
  if (!streamKey(arn)) return unnamed(`ResourceARN ${arn} is not valid.`);
  const stream = await findStream({ StreamARN: arn }, ctx);
  return stream instanceof Missing ? stream : ofStream(stream);
}

const ofStream = (stream: Stream): Resource => ({
  kind: 'stream',
  arn: streamArn(stream),
  stream,
  tags: stream.tags,
  policy: stream.policy,
  requireReady: ({ now }) => requireState(stream, now, 'ACTIVE', 'UPDATING'),
  access(ctx) {
    tellAudit(ctx, stream);
    return streamAccess(stream, ctx);
  },
  change: (ctx, changes) => ctx.store.replace(streams, { ...stream, ...changes }),
});

const ofConsumer = (stream: Stream, consumer: Consumer): Resource => ({
  kind: 'consumer',
  arn: consumerArn(consumer),
  stream,
  tags: consumer.tags,
  policy: consumer.policy,
  requireReady: ({ now }) => requireState(stream, now, 'ACTIVE', 'UPDATING'),
  access(ctx) {
    tellConsumer(ctx, { consumer, stream });
    return consumerAccess(ctx, { consumer, stream });
  },
  change: (ctx, changes) => ctx.store.replace(consumers, { ...consumer, ...changes }),
});

const ofChannel = (channel: Channel): Resource => ({
  kind: 'channel',
  arn: channelArn(channel),
  stream: { name: channel.stream.name, account: channel.account },
  tags: channel.tags,
  policy: undefined,
  requireReady: () => undefined,
  access: () => channelAccess(channel),
  change: (ctx, { tags = channel.tags }) => ctx.store.replace(channels, { ...channel, tags }),
});

interface OnResource<In, Out> {
  readonly conditions?: (input: In) => Access['conditions'];
  readonly run: (input: In, ctx: Context, resource: Resource) => Promise<Out>;
}

export function onResource<In extends { readonly ResourceARN: string }, Out>(
  shape: OnResource<In, Out>,
): Operation<In, Out, Resource> {
  return {
    load: findResource,
    access: (input, ctx, resource) => ({ ...resource.access(ctx), conditions: shape.conditions?.(input) }),
    run: shape.run,
  };
}
