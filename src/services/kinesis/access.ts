/** The shape of operations on one stream: find it, ask permission under its policy, then say whether it exists. */
import { InvalidArgumentException } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { type Access, Missing, type Operation } from '../../core/operation.ts';
import { noStream } from './errors.ts';
import { type Stream, type StreamKey, streamArn, streamAt, streamKey } from './streamRows.ts';

export interface NamesStream {
  readonly StreamName?: string | undefined;
  readonly StreamARN?: string | undefined;
}

interface OnStream<In, Out> extends Pick<Operation<In, Out>, 'action' | 'recorded' | 'readOnly' | 'bodyBytesMax'> {
  /** Other accounts may, where the stream's policy lets them: AWS lets few operations be shared. */
  readonly shared?: true;
  readonly conditions?: (input: In) => Access['conditions'];
  readonly run: (input: In, ctx: Context, stream: Stream) => Promise<Out>;
}

export function onStream<In extends NamesStream, Out>(shape: OnStream<In, Out>): Operation<In, Out, Stream> {
  const { shared, conditions, run, ...rest } = shape;
  return {
    ...rest,
    load: (input, ctx) => findStream(input, ctx),
    access: (input, ctx, stream) => {
      tellAudit(ctx, stream);
      return { ...streamAccess(stream, ctx, shared), conditions: conditions?.(input) };
    },
    run,
  };
}

export async function findStream(input: NamesStream, ctx: Context): Promise<Stream | Missing> {
  const key = streamNamed(input, ctx);
  if (key instanceof Missing) return key;
  const [account, region, name] = key;
  const stream = region === ctx.region ? await streamAt(ctx, key) : undefined;
  return stream ?? new Missing(streamArn({ account, region, name }), noStream({ name, account }));
}

/** Only who may use any stream hears how none was named. */
function streamNamed({ StreamName, StreamARN }: NamesStream, { account, region }: Context): StreamKey | Missing {
  if (StreamARN === undefined) {
    return StreamName === undefined
      ? unnamed('Either StreamName or StreamARN must be provided.')
      : [account, region, StreamName];
  }
  const key = streamKey(StreamARN);
  if (!key) return unnamed(`StreamARN ${StreamARN} is not valid.`);
  if (StreamName === undefined || StreamName === key[2]) return key;
  return unnamed(`StreamARN ${StreamARN} and StreamName ${StreamName} do not name the same stream.`);
}

export const unnamed = (message: string) => new Missing('*', awsError(InvalidArgumentException, message));

export function streamAccess(stream: Stream, ctx: Context, shared?: true): Access {
  const closed = !shared && ctx.account !== stream.account;
  return {
    resource: streamArn(stream),
    resourceAccount: stream.account,
    resourcePolicy: closed ? undefined : stream.policy,
    resourceTags: stream.tags,
  };
}

export function tellAudit(ctx: Context, stream: Stream): void {
  ctx.audit.resources = [{ ARN: streamArn(stream), accountId: stream.account, type: 'AWS::Kinesis::Stream' }];
  if (ctx.account !== stream.account) ctx.audit.recipientAccountId = stream.account;
}
