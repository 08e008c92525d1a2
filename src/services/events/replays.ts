/** Replays of archives. */
import {
  type CancelReplayRequest,
  type CancelReplayResponse,
  type DescribeReplayRequest,
  type DescribeReplayResponse,
  IllegalStatusException,
  type ListReplaysRequest,
  type ListReplaysResponse,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type StartReplayRequest,
  type StartReplayResponse,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { later } from '../../core/tasks.ts';
import { type Archive, archiveArn, archives } from './archiveRows.ts';
import { findBus } from './busRows.ts';
import { noBus, overLimit, refuse } from './errors.ts';
import { busArn, busNamed, ruleNamed } from './names.ts';
import { rowsPage } from './pages.ts';
import { type Replay, replays } from './replayRows.ts';
import { REPLAY } from './replayTask.ts';

const replayArn = ({ account, region, name }: { account: string; region: string; name: string }) =>
  `arn:aws:events:${region}:${account}:replay/${name}`;

const archiveNameOf = (arn: string) => /^arn:[\w-]+:events:[a-z0-9-]+:\d{12}:archive\/([^/]+)$/.exec(arn)?.[1];

export const StartReplay: Operation<Present<StartReplayRequest>, StartReplayResponse> = {
  access: (input, ctx) => [
    { resource: replayArn({ ...ctx, name: input.ReplayName }) },
    { resource: input.EventSourceArn },
    { resource: input.Destination.Arn! },
  ],
  async run(input, ctx) {
    const archive = await archiveOf(ctx, input.EventSourceArn);
    await requireSameBus(ctx, input.Destination.Arn!, archive);
    const [from, to] = [input.EventStartTime.getTime(), input.EventEndTime.getTime()];
    if (from >= to) {
      refuse('Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.');
    }
    const max = quota(ctx, 'ConcurrentReplays', 10);
    const fits = await ctx.store.fits(replays, [ctx.account, ctx.region], max, 'active');
    const { FilterArns } = input.Destination;
    const replay: Replay = {
      account: ctx.account,
      region: ctx.region,
      name: input.ReplayName,
      ...(input.Description !== undefined && { description: input.Description }),
      archive: archive.name,
      bus: archive.bus,
      ...(FilterArns && { rules: FilterArns.map((arn) => ruleOn(archive, arn)), filterArns: FilterArns }),
      from,
      to,
      state: 'STARTING',
      started: ctx.now.toISOString(),
    };
    if (!(await ctx.store.insert(replays, replay))) {
      fail(ResourceAlreadyExistsException, `Replay ${input.ReplayName} already exists.`);
    }
    if (!fits) overLimit();
    const { account, region, name } = replay;
    await later(ctx, { kind: REPLAY, id: [account, region, name].join(' '), body: { account, region, name } });
    return { ReplayArn: replayArn(replay), State: replay.state, ReplayStartTime: ctx.now };
  },
};

async function archiveOf(ctx: Context, arn: string): Promise<Archive> {
  const name = archiveNameOf(arn);
  if (name === undefined) refuse('Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN.');
  const archive = await ctx.store.get(archives, [ctx.account, ctx.region, name]);
  if (archive && archiveArn(archive) === arn) return archive;
  return refuse(`Parameter EventSourceArn is not valid. Reason: Archive ${name} does not exist.`);
}

async function requireSameBus(ctx: Context, arn: string, archive: Archive): Promise<void> {
  if (!arn.includes(':event-bus/')) {
    refuse('Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN.');
  }
  const named = busNamed(ctx, arn);
  if (!(await findBus(ctx.store, named))) throw noBus(named.name);
  if (arn !== busArn({ ...archive, name: archive.bus })) {
    refuse('Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.');
  }
}

function ruleOn(archive: Archive, arn: string): string {
  const rule = ruleNamed(arn);
  if (rule && rule.account === archive.account && rule.region === archive.region && rule.bus === archive.bus)
    return rule.name;
  return refuse(
    'Parameter Destination.FilterArns is not valid. Reason: The rules must be on the event bus of the archive.',
  );
}

async function load({ ReplayName }: { ReplayName: string }, ctx: Context): Promise<Replay | Missing> {
  const replay = await ctx.store.get(replays, [ctx.account, ctx.region, ReplayName]);
  if (replay) return replay;
  const error = awsError(ResourceNotFoundException, `Replay ${ReplayName} does not exist.`);
  return new Missing(replayArn({ ...ctx, name: ReplayName }), error);
}

const access = (_input: unknown, _ctx: Context, replay: Replay) => ({ resource: replayArn(replay) });

export const CancelReplay: Operation<Present<CancelReplayRequest>, CancelReplayResponse, Replay> = {
  load,
  access,
  async run(_input, ctx, replay) {
    if (replay.state !== 'STARTING' && replay.state !== 'RUNNING') {
      fail(IllegalStatusException, `Replay ${replay.name} is not in a valid state for this operation.`);
    }
    await ctx.store.replace(replays, { ...replay, state: 'CANCELLING' });
    return { ReplayArn: replayArn(replay), State: 'CANCELLING' };
  },
};

export const DescribeReplay: Operation<Present<DescribeReplayRequest>, DescribeReplayResponse, Replay> = {
  load,
  access,
  run: async (_input, _ctx, replay) => ({
    ...view(replay),
    ReplayArn: replayArn(replay),
    ...(replay.description !== undefined && { Description: replay.description }),
    Destination: {
      Arn: busArn({ ...replay, name: replay.bus }),
      ...(replay.filterArns && { FilterArns: [...replay.filterArns] }),
    },
  }),
};

const view = (replay: Replay) => ({
  ReplayName: replay.name,
  EventSourceArn: archiveArn({ ...replay, name: replay.archive }),
  State: replay.state,
  ...(replay.reason !== undefined && { StateReason: replay.reason }),
  EventStartTime: new Date(replay.from),
  EventEndTime: new Date(replay.to),
  ...(replay.last !== undefined && { EventLastReplayedTime: new Date(replay.last) }),
  ReplayStartTime: new Date(replay.started),
  ...(replay.ended !== undefined && { ReplayEndTime: new Date(replay.ended) }),
});

export const ListReplays: Operation<Present<ListReplaysRequest>, ListReplaysResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const archive = input.EventSourceArn === undefined ? undefined : archiveNameOf(input.EventSourceArn);
    const keep = (replay: Replay) =>
      (input.State === undefined || replay.state === input.State) &&
      (input.EventSourceArn === undefined || replay.archive === archive);
    const { rows, page } = await rowsPage(ctx, replays, [ctx.account, ctx.region], input, {
      startsWith: input.NamePrefix,
      keep,
    });
    return { Replays: rows.map(view), ...page };
  },
};
