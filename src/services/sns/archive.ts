/**
 * What a FIFO topic keeps for replays: every message that is published while it has an archive policy, in one order,
 * written with the publication itself. Deactivating the policy gives the archive up: what it held is taken away behind
 * the request. https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html
 */
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { type Again, later, type Task } from '../../core/tasks.ts';
import { table } from '../../store/store.ts';
import { refuse } from './errors.ts';
import { measure, tally } from './measures.ts';
import { ARCHIVE, type Archiving } from './tasks.ts';
import { type Topic, topicArn, topicKey, topics } from './topicRows.ts';

export interface ArchivedMessage {
  readonly archive: string;
  /** The time of its archiving and a number: in the order in which messages came, also when the clock went back. */
  readonly position: string;
  readonly bytes: number;
  /** See published.ts. */
  readonly kept: string;
}

export const archivedMessages = table<ArchivedMessage>('sns_archived', {
  key: ({ archive, position }) => [archive, position],
});

interface Head {
  readonly archive: string;
  /** Milliseconds: of the last message, and the how manieth it is of that time. */
  readonly time: number;
  readonly number: number;
}

const heads = table<Head>('sns_archive_head', { key: ({ archive }) => [archive] });

interface Size {
  readonly archive: string;
  readonly bytes: number;
}

const sizes = table<Size>('sns_archive_size', { key: ({ archive }) => [archive] });

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS_MAX = 365;
const TAKEN_A_TURN = 200;

/** The place before all messages of that time and later. */
export const placeOf = (milliseconds: number) => String(Math.max(0, milliseconds)).padStart(15, '0');
export const timeOf = (position: string) => Number(position.slice(0, 15));

/** `{"MessageRetentionPeriod":"30"}` as it is read back; undefined for the empty policy, which deactivates. */
export function acceptedArchivePolicy(text: string): string | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    refuse('ArchivePolicy Reason: failed to parse JSON');
  }
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) refuse('ArchivePolicy');
  const { MessageRetentionPeriod: days, ...rest } = policy as Record<string, unknown>;
  if (Object.keys(rest).length > 0) refuse(`ArchivePolicy Reason: unknown member ${Object.keys(rest)[0]}`);
  if (days === undefined) return undefined;
  const number = typeof days === 'string' && !/^\d{1,3}$/.test(days) ? Number.NaN : Number(days);
  if (!Number.isInteger(number) || number < 1 || number > DAYS_MAX) {
    refuse(`ArchivePolicy Reason: MessageRetentionPeriod must be between 1 and ${DAYS_MAX} days`);
  }
  return JSON.stringify({ MessageRetentionPeriod: String(number) });
}

/** The archive that goes with the attributes: the one there is, a new one, or none. */
export async function archiveFor(ctx: Context, topic: Topic, policy: string | undefined): Promise<Topic> {
  const { archive: there, ...rest } = topic;
  if (policy === undefined) return rest;
  const days = Number((JSON.parse(policy) as { MessageRetentionPeriod: string }).MessageRetentionPeriod);
  if (there) return { ...rest, archive: { ...there, days } };
  const archive = { id: uuid(ctx), since: ctx.now.getTime(), days };
  const { account, region } = topic;
  const body: Archiving = { topic: topicArn(topic), archive: archive.id };
  const due = ctx.now.getTime() + HOUR_MS;
  await later<Archiving>(ctx, { kind: ARCHIVE, id: archive.id, account, region, due, body });
  return { ...rest, archive };
}

/** Milliseconds: from when on messages can be replayed. */
export const beginningOf = ({ since, days }: NonNullable<Topic['archive']>, now: Date) =>
  Math.max(since, now.getTime() - days * DAY_MS);

/** The place of the message that is published now; undefined where nothing is kept. */
export async function nextPosition(ctx: Context, { archive }: Topic): Promise<string | undefined> {
  if (!archive) return undefined;
  const head = await ctx.store.get(heads, [archive.id]);
  const time = Math.max(ctx.now.getTime(), head?.time ?? 0);
  const number = head?.time === time ? head.number + 1 : 0;
  await ctx.store.replace(heads, { archive: archive.id, time, number });
  return `${placeOf(time)}-${String(number).padStart(9, '0')}`;
}

export async function keepInArchive(ctx: Context, topic: Topic, message: Omit<ArchivedMessage, 'archive'>) {
  const archive = topic.archive!.id;
  await ctx.store.insert(archivedMessages, { archive, ...message });
  await grow(ctx, archive, message.bytes);
  const bytes = { name: 'NumberOfBytesArchiveProcessing', value: message.bytes, unit: 'Bytes' } as const;
  measure(ctx, topic, [tally('NumberOfMessagesArchiveProcessing'), bytes]);
}

async function grow({ store }: Context, archive: string, bytes: number): Promise<void> {
  const size = await store.get(sizes, [archive]);
  await store.replace(sizes, { archive, bytes: (size?.bytes ?? 0) + bytes });
}

/** Once an hour: what is past its time goes, and CloudWatch hears how much there is. */
export async function tendArchive({ body }: Task<Archiving>, ctx: Context): Promise<Again> {
  const topic = await ctx.store.get(topics, topicKey(body.topic)!);
  const alive = topic?.archive?.id === body.archive ? topic.archive : undefined;
  const before = alive ? placeOf(beginningOf(alive, ctx.now)) : undefined;
  const { rows, next } = await ctx.store.list(archivedMessages, [body.archive], { limit: TAKEN_A_TURN });
  const gone = before === undefined ? rows : rows.filter(({ position }) => position < before);
  for (const { position } of gone) await ctx.store.remove(archivedMessages, [body.archive, position]);
  const bytes = gone.reduce((sum, row) => sum + row.bytes, 0);
  if (bytes > 0) await grow(ctx, body.archive, -bytes);
  if (gone.length === rows.length && next !== undefined) return 0;
  if (alive) {
    await tellSize(ctx, topic!, body.archive);
    return HOUR_MS;
  }
  await ctx.store.remove(heads, [body.archive]);
  await ctx.store.remove(sizes, [body.archive]);
  return undefined;
}

async function tellSize(ctx: Context, topic: Topic, archive: string): Promise<void> {
  const messages = await ctx.store.count(archivedMessages, [archive], undefined, 'unchecked');
  const bytes = (await ctx.store.get(sizes, [archive]))?.bytes ?? 0;
  measure(ctx, topic, [
    { name: 'ApproximateNumberOfMessagesArchived', value: messages, unit: 'Count' },
    { name: 'ApproximateNumberOfBytesArchived', value: bytes, unit: 'Bytes' },
  ]);
}
