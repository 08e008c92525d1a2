/** Making, showing, changing and deleting delivery streams. */
import type {
  CreateDeliveryStreamInput,
  CreateDeliveryStreamOutput,
  DeleteDeliveryStreamInput,
  DeliveryStreamDescription,
  DescribeDeliveryStreamInput,
  DescribeDeliveryStreamOutput,
  ListDeliveryStreamsInput,
  ListDeliveryStreamsOutput,
  UpdateDestinationInput,
} from '@aws-sdk/client-firehose';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { later } from '../../core/tasks.ts';
import { passRole } from '../../identity/passRole.ts';
import { changedDestination, DESTINATION_ID, destinationView, newDestination, rolesIn } from './destinations.ts';
import { encryptionView, newEncryption, retired } from './encryption.ts';
import { changedMeanwhile, inUse, overLimit, refuse } from './errors.ts';
import { replan } from './queues.ts';
import { REMOVE } from './removing.ts';
import { requireRoles } from './roles.ts';
import { readAt } from './source.ts';
import { loadStream, streamAccess } from './streamLookup.ts';
import {
  DELETING_MS,
  findStream,
  isVisible,
  SERVICE,
  type Stream,
  statusOf,
  streamArn,
  streams,
} from './streamRows.ts';
import { acceptedTags } from './tags.ts';

type CreateInput = Present<CreateDeliveryStreamInput>;

/** How many streams an account may have in a Region. */
const STREAMS_MAX = 5_000;

export const CreateDeliveryStream: Operation<CreateInput, CreateDeliveryStreamOutput> = {
  access: (input, ctx) => [
    { resource: streamArn({ ...ctx, name: input.DeliveryStreamName }), conditions: requestTags(input.Tags) },
    ...rolesIn(input).map((role) => passRole(role, SERVICE)),
  ],
  async run(input, ctx) {
    const { account, region } = ctx;
    const name = { account, region, name: input.DeliveryStreamName };
    requireSource(input);
    const destination = newDestination(ctx, input);
    if (await findStream(ctx.store, name, ctx.now)) {
      inUse(`Firehose ${name.name} under accountId ${account} already exists`);
    }
    const max = quota(ctx, 'DeliveryStreams', STREAMS_MAX);
    if (!(await ctx.store.fits(streams, [account, region], max, 'place'))) {
      overLimit(`You have already consumed your Firehose quota of ${max} hoses.`);
    }
    const stream: Stream = {
      ...name,
      id: uuid(ctx),
      ...sourceOf(input),
      ...throughput(input),
      created: ctx.now.getTime(),
      version: 1,
      destination,
      tags: acceptedTags([], input.Tags ?? []),
      encryptionChanges: [],
    };
    await requireRoles(ctx, stream, rolesIn(input));
    if (stream.source) {
      const { requireReadable } = await import('./sourceReading.ts');
      await requireReadable(ctx, stream, stream.source);
      await readAt(ctx, stream, stream.created);
    }
    await ctx.store.replace(streams, { ...stream, ...(await encrypted(ctx, stream, input)) });
    return { DeliveryStreamARN: streamArn(stream) };
  },
};

async function encrypted(ctx: Context, stream: Stream, input: CreateInput): Promise<Partial<Stream>> {
  const { DeliveryStreamEncryptionConfigurationInput: asked } = input;
  if (!asked) return {};
  return { encryption: await newEncryption(ctx, stream, asked), encryptionChanges: [ctx.now.getTime()] };
}

const throughput = ({ DirectPutSourceConfiguration: source }: CreateInput) =>
  source?.ThroughputHintInMBs === undefined ? {} : { throughputHint: source.ThroughputHintInMBs };

const SOURCES: Readonly<Record<string, keyof CreateInput>> = {
  DirectPut: 'DirectPutSourceConfiguration',
  KinesisStreamAsSource: 'KinesisStreamSourceConfiguration',
  MSKAsSource: 'MSKSourceConfiguration',
  DatabaseAsSource: 'DatabaseSourceConfiguration',
};

function requireSource(input: CreateInput): void {
  const { DeliveryStreamType: type = 'DirectPut' } = input;
  const other = Object.entries(SOURCES).find(([each, member]) => each !== type && input[member] !== undefined);
  if (other) refuse(`${other[1]} can only be specified for a Firehose of the type ${other[0]}.`);
  if (type === 'KinesisStreamAsSource') {
    if (!input.KinesisStreamSourceConfiguration) refuse('KinesisStreamSourceConfiguration must be specified.');
    if (input.DeliveryStreamEncryptionConfigurationInput) refuse(ENCRYPTED_SOURCE);
  } else if (type !== 'DirectPut') notImplemented(`${type} as the source of a delivery stream`);
}

const ENCRYPTED_SOURCE = 'Server-side encryption is for a Firehose that uses DirectPut as its source.';

function sourceOf({ KinesisStreamSourceConfiguration: source }: CreateInput): Pick<Stream, 'type' | 'source'> {
  if (!source) return { type: 'DirectPut' };
  return {
    type: 'KinesisStreamAsSource',
    source: { streamArn: source.KinesisStreamARN!, roleArn: source.RoleARN! },
  };
}

export const DescribeDeliveryStream: Operation<
  Present<DescribeDeliveryStreamInput>,
  DescribeDeliveryStreamOutput,
  Stream
> = {
  load: loadStream,
  access: (_input, _ctx, stream) => streamAccess(stream),
  run: async ({ ExclusiveStartDestinationId }, ctx, stream) => ({
    DeliveryStreamDescription: streamView(stream, ctx.now, ExclusiveStartDestinationId),
  }),
};

function streamView(stream: Stream, now: Date, after: string | undefined): DeliveryStreamDescription {
  const { source, throughputHint, updated } = stream;
  return {
    DeliveryStreamName: stream.name,
    DeliveryStreamARN: streamArn(stream),
    DeliveryStreamStatus: statusOf(stream, now),
    DeliveryStreamEncryptionConfiguration: encryptionView(stream, now),
    DeliveryStreamType: stream.type,
    VersionId: String(stream.version),
    CreateTimestamp: new Date(stream.created),
    ...(updated !== undefined && { LastUpdateTimestamp: new Date(updated) }),
    ...(throughputHint !== undefined && {
      Source: { DirectPutSourceDescription: { ThroughputHintInMBs: throughputHint } },
    }),
    ...(source && {
      Source: {
        KinesisStreamSourceDescription: {
          KinesisStreamARN: source.streamArn,
          RoleARN: source.roleArn,
          DeliveryStartTimestamp: new Date(stream.created),
        },
      },
    }),
    Destinations: after === undefined || after < DESTINATION_ID ? [destinationView(stream.destination)] : [],
    HasMoreDestinations: false,
  };
}

export const ListDeliveryStreams: Operation<ListDeliveryStreamsInput, ListDeliveryStreamsOutput> = {
  access: () => ({ resource: '*' }),
  async run({ Limit = 10, DeliveryStreamType: type, ExclusiveStartDeliveryStreamName: after }, ctx) {
    const place = [ctx.account, ctx.region];
    const found: string[] = [];
    let from = after;
    let next: string | undefined;
    do {
      const page = { limit: Limit + 2, ...(from !== undefined && { from }), after: next };
      const listed = await (type === undefined
        ? ctx.store.list(streams, place, page)
        : ctx.store.list(streams, [...place, type], { ...page, index: 'type' }));
      for (const stream of listed.rows) {
        if (isVisible(ctx.now)(stream) && stream.name !== after) found.push(stream.name);
      }
      from = after;
      next = listed.next;
    } while (found.length <= Limit && next !== undefined);
    return { DeliveryStreamNames: found.slice(0, Limit), HasMoreDeliveryStreams: found.length > Limit };
  },
};

export const UpdateDestination: Operation<Present<UpdateDestinationInput>, object, Stream> = {
  load: loadStream,
  access: (input, _ctx, stream) => [streamAccess(stream), ...rolesIn(input).map((role) => passRole(role, SERVICE))],
  async run(input, ctx, stream) {
    if (input.DestinationId !== DESTINATION_ID) {
      refuse(`Destination Id ${input.DestinationId} not found`);
    }
    if (statusOf(stream, ctx.now) !== 'ACTIVE') inUse(`Firehose ${stream.name} is not in the ACTIVE state.`);
    if (input.CurrentDeliveryStreamVersionId !== String(stream.version)) {
      const given = input.CurrentDeliveryStreamVersionId;
      changedMeanwhile(
        `Cannot update firehose: ${stream.name} since the current version id: ${stream.version} and specified version id: ${given} do not match`,
      );
    }
    const destination = changedDestination(ctx, input, stream.destination);
    await requireRoles(ctx, stream, rolesIn(input));
    const changed = { ...stream, destination, version: stream.version + 1, updated: ctx.now.getTime() };
    await ctx.store.replace(streams, changed);
    await replan(ctx, changed);
    return {};
  },
};

export const DeleteDeliveryStream: Operation<Present<DeleteDeliveryStreamInput>, object, Stream> = {
  load: loadStream,
  access: (_input, _ctx, stream) => streamAccess(stream),
  async run(_input, ctx, stream) {
    const status = statusOf(stream, ctx.now);
    if (status === 'CREATING') inUse(`Firehose ${stream.name} is in the CREATING state.`);
    if (status === 'DELETING') return {};
    const deleted = ctx.now.getTime();
    if (stream.encryption) await retired(ctx, stream, stream.encryption);
    await ctx.store.replace(streams, { ...stream, deleted });
    const { account, region, name, id } = stream;
    await later(ctx, { kind: REMOVE, id, body: { account, region, name, id }, due: deleted + DELETING_MS });
    return {};
  },
};
