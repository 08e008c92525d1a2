/**
 * Live Tail: what comes into groups while somebody looks on, an update each second of the plane's clock. Events are
 * found by when they came in, whatever time they tell. A session's own row holds its place among the account's sessions
 * for as long as somebody takes its updates.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs_LiveTail.html
 */
import {
  InvalidParameterException,
  LimitExceededException,
  type LiveTailSessionLogEvent,
  SessionTimeoutException,
  type StartLiveTailRequest,
  type StartLiveTailResponse,
  type StartLiveTailResponseStream,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Turn } from '../../core/ongoing.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { Wait } from '../../core/wait.ts';
import { table } from '../../store/store.ts';
import { groupAccess, requireStandard } from './access.ts';
import { arrivalsSince, arrivedSince } from './arrivals.ts';
import { pacer } from './breath.ts';
import { type Masker, maskerFor } from './dataProtection.ts';
import { findGroup, groupOfId, identified, unnamed } from './groupLookup.ts';
import { groupArn, type LogGroup } from './groupRows.ts';
import { type FilterPattern, filterPattern, matcherOf, subjectOf } from './patterns/index.ts';
import type { Segment } from './segments.ts';

interface LiveTail {
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** Milliseconds: without a sign of life it is over then. */
  readonly until: number;
}

const liveTails = table<LiveTail>('logs_live_tail', {
  key: ({ id }) => [id],
  indexes: { account: ({ account, region, id }) => [[account, region, id]] },
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const SESSIONS_MAX = 15;
const SESSION_MS = 3 * 3_600_000;
const UPDATE_MS = 1_000;
const UPDATE_EVENTS_MAX = 500;
/** How long a session counts that takes no updates any more. */
const LEASE_MS = 60_000;
const WAIT_SECONDS = 60;

type Input = Present<StartLiveTailRequest>;

export const StartLiveTail: Operation<Input, StartLiveTailResponse, readonly LogGroup[]> = {
  readOnly: true,
  async load({ logGroupIdentifiers }, ctx) {
    const groups = new Map<string, LogGroup>();
    try {
      for (const identifier of logGroupIdentifiers) {
        const group = await findGroup(ctx, identified(ctx, plainArn(identifier)));
        if (group instanceof Missing) return group;
        groups.set(group.id, group);
      }
    } catch (error) {
      return unnamed(ctx, error);
    }
    return [...groups.values()];
  },
  access: (_input, _ctx, groups) => groups.map((group) => groupAccess(group)),
  async run(input, ctx, groups) {
    for (const group of groups) requireStandard(group, 'Live Tail');
    requireStreams(input);
    const pattern = filterPattern(input.logEventFilterPattern ?? '');
    const session = await opened(ctx);
    const first: State = { session, ...(await arrivedSince(ctx, groups, ctx.now.getTime())), told: false };
    const ids = groups.map(({ id }) => id);
    const start = { ...startOf(input), requestId: ctx.requestId, sessionId: session.id };
    const began = ctx.now.getTime();
    return {
      responseStream: ctx.ongoing(first, (now, state) =>
        state.told ? nextUpdate(now, { began, ids, input, pattern }, state) : sessionStart(state, start),
      ),
    };
  },
};

function plainArn(identifier: string): string {
  if (identifier.startsWith('arn:') && !identifier.endsWith('*')) return identifier;
  return fail(InvalidParameterException, `Invalid ARN '${identifier}'`);
}

function requireStreams({ logGroupIdentifiers, logStreamNames, logStreamNamePrefixes }: Input): void {
  if (logStreamNames && logStreamNamePrefixes) {
    fail(InvalidParameterException, 'logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.');
  }
  if ((logStreamNames || logStreamNamePrefixes) && logGroupIdentifiers.length > 1) {
    const message = 'Log streams can be specified only when exactly one log group is specified.';
    fail(InvalidParameterException, message);
  }
}

/** @throws LimitExceededException when too many look on already. Those that have ended make room. */
async function opened(ctx: Context): Promise<LiveTail> {
  const { account, region, store } = ctx;
  const now = ctx.now.getTime();
  const max = quota(ctx, 'Live Tail concurrent sessions', SESSIONS_MAX);
  const { rows } = await store.list(liveTails, [account, region], { index: 'account', limit: max + 1 });
  const over = rows.filter(({ until }) => until <= now || until > now + SESSION_MS);
  for (const { id } of over) await store.remove(liveTails, [id]);
  if (rows.length - over.length >= max) {
    fail(LimitExceededException, `The maximum number of concurrent Live Tail sessions is ${max}.`);
  }
  const session = { id: uuid(ctx), account, region, until: now + LEASE_MS };
  await store.insert(liveTails, session);
  return session;
}

const startOf = (input: Input) => ({
  logGroupIdentifiers: input.logGroupIdentifiers,
  logStreamNames: input.logStreamNames ?? [],
  logStreamNamePrefixes: input.logStreamNamePrefixes ?? [],
  logEventFilterPattern: input.logEventFilterPattern ?? '',
});

interface State {
  readonly session: LiveTail;
  /** The moment up to which arrivals are told, in milliseconds, and those around it that are. */
  readonly since: number;
  readonly seen: ReadonlySet<string>;
  /** Whether the session's start has been told. */
  readonly told: boolean;
}

type Told = Turn<State, StartLiveTailResponseStream>;

const sessionStart = async (state: State, start: object): Promise<Told> => ({
  state: { ...state, told: true },
  events: [{ sessionStart: start } as StartLiveTailResponseStream],
});

interface Session {
  readonly began: number;
  /** Of the groups. */
  readonly ids: readonly string[];
  readonly input: Input;
  readonly pattern: FilterPattern;
}

async function nextUpdate(ctx: Context, session: Session, state: State): Promise<Told> {
  const now = ctx.now.getTime();
  const elapsed = now - state.since;
  if (elapsed >= 0 && elapsed < UPDATE_MS) {
    if (ctx.mayWait) throw new Wait(liveTails, state.session.id, WAIT_SECONDS, UPDATE_MS - elapsed);
    return { state, events: [] };
  }
  if (now - session.began >= SESSION_MS) {
    await ctx.store.remove(liveTails, [state.session.id]);
    fail(SessionTimeoutException, 'Your Live Tail session has timed out after three hours.');
  }
  const { found, whole, since, seen } = await look(ctx, session, state);
  const sampled = !whole || found.length > UPDATE_EVENTS_MAX;
  const sessionResults = found.length > UPDATE_EVENTS_MAX ? sample(found) : found;
  return {
    state: { session: await kept(ctx, state.session), since, seen, told: true },
    events: [{ sessionUpdate: { sessionMetadata: { sampled }, sessionResults } }],
  };
}

/** A sign of life. */
async function kept(ctx: Context, session: LiveTail): Promise<LiveTail> {
  const now = ctx.now.getTime();
  if (session.until - now > LEASE_MS / 2) return session;
  const longer = { ...session, until: now + LEASE_MS };
  await ctx.store.replace(liveTails, longer);
  return longer;
}

/** What came in since the last update and is asked for, in the order of its times. */
async function look(ctx: Context, { ids, input, pattern }: Session, state: State) {
  const groups: LogGroup[] = [];
  const masks = new Map<string, Masker>();
  for (const id of ids) {
    const group = await groupOfId(ctx, id);
    if (!group) continue; // Deleted meanwhile.
    groups.push(group);
    masks.set(id, await maskerFor(ctx, group, false));
  }
  const only = (row: Segment) => isAsked(row.streamName, input);
  const { batches, ...reached } = await arrivalsSince(ctx, groups, state, only);
  const found: LiveTailSessionLogEvent[] = [];
  const matcher = matcherOf(pattern);
  const pace = pacer();
  for (const { group, row, events } of batches) {
    const mask = masks.get(group.id)!;
    for (const [i, text] of events.messages.entries()) {
      const message = mask({ message: text, from: row });
      await pace();
      if (!matcher(subjectOf(message))) continue;
      found.push({
        logStreamName: row.streamName,
        logGroupIdentifier: groupArn(group),
        message,
        timestamp: events.times[i],
        ingestionTime: row.ingested,
      });
    }
  }
  return { ...reached, found: found.sort((a, b) => a.timestamp! - b.timestamp!) };
}

function isAsked(stream: string, { logStreamNames, logStreamNamePrefixes }: Input): boolean {
  if (logStreamNames) return logStreamNames.includes(stream);
  return logStreamNamePrefixes?.some((prefix) => stream.startsWith(prefix)) ?? true;
}

/** So many, taken evenly. */
const sample = <T>(all: readonly T[]): T[] =>
  Array.from({ length: UPDATE_EVENTS_MAX }, (_, i) => all[Math.floor((i * all.length) / UPDATE_EVENTS_MAX)]!);
