/** Finds the consumer that an operation is about, by its ARN or by stream and name. */
import { ResourceNotFoundException } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { type Access, Missing } from '../../core/operation.ts';
import { findStream, unnamed } from './access.ts';
import { type Consumer, consumerArn, consumers } from './consumerRows.ts';
import { type Stream, streamArn, streamAt } from './streamRows.ts';

export interface ConsumerTarget {
  readonly consumer: Consumer;
  readonly stream: Stream;
}

interface Named {
  readonly StreamARN?: string | undefined;
  readonly ConsumerName?: string | undefined;
  readonly ConsumerARN?: string | undefined;
}

export async function findConsumer(input: Named, ctx: Context): Promise<ConsumerTarget | Missing> {
  const { StreamARN, ConsumerName, ConsumerARN } = input;
  if (ConsumerARN !== undefined) return consumerOfArn(ctx, ConsumerARN);
  if (StreamARN === undefined || ConsumerName === undefined) {
    return unnamed('Either ConsumerARN, or both StreamARN and ConsumerName must be provided.');
  }
  const stream = await findStream({ StreamARN }, ctx);
  if (stream instanceof Missing) return stream;
  const consumer = await thereNow(ctx, stream, ConsumerName);
  return consumer
    ? { consumer, stream }
    : new Missing(`${streamArn(stream)}/consumer/${ConsumerName}`, noConsumer(ConsumerName, streamArn(stream)));
}

const ARN =
  /^arn:aws:kinesis:([a-z0-9-]+):(\d{12}):stream\/([a-zA-Z0-9_.-]{1,128})\/consumer\/([a-zA-Z0-9_.-]{1,128}):(\d+)$/;

export async function consumerOfArn(ctx: Context, arn: string): Promise<ConsumerTarget | Missing> {
  const [, region = '', account = '', name = '', consumerName = ''] = ARN.exec(arn) ?? [];
  if (consumerName === '') return unnamed(`ConsumerARN ${arn} is not valid.`);
  const stream = region === ctx.region ? await streamAt(ctx, [account, region, name]) : undefined;
  const consumer = stream && (await thereNow(ctx, stream, consumerName));
  if (stream && consumer && consumerArn(consumer) === arn) return { consumer, stream };
  return new Missing(arn, noConsumer(consumerName, streamArn({ account, region, name })));
}

export const isConsumerArn = (arn: string) => ARN.test(arn);

async function thereNow({ store, now }: Context, { id }: Stream, name: string): Promise<Consumer | undefined> {
  const consumer = await store.get(consumers, [id, name]);
  return consumer && (consumer.gone === undefined || consumer.gone > now.getTime()) ? consumer : undefined;
}

const noConsumer = (name: string, arn: string) =>
  awsError(ResourceNotFoundException, `Consumer ${name} under stream ${arn} not found.`);

export function consumerAccess(ctx: Context, { consumer }: ConsumerTarget, shared?: true): Access {
  const closed = !shared && ctx.account !== consumer.account;
  return {
    resource: consumerArn(consumer),
    resourceAccount: consumer.account,
    resourcePolicy: closed ? undefined : consumer.policy,
    resourceTags: consumer.tags,
  };
}

export function tellConsumer(ctx: Context, { consumer }: ConsumerTarget): void {
  const ARN = consumerArn(consumer);
  ctx.audit.resources = [{ ARN, accountId: consumer.account, type: 'AWS::Kinesis::StreamConsumer' }];
  if (ctx.account !== consumer.account) ctx.audit.recipientAccountId = consumer.account;
}
