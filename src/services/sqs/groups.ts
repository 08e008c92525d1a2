/**
 * Message groups of a FIFO queue. A group is received from in order, and not at all while one of its messages is in
 * flight; so beside its messages each group has a row that says from when it may be received from, and which of all
 * groups has the oldest message. A receive looks at groups that are open, and never past one that is blocked.
 */
import type { Context } from '../../core/context.ts';
import { table } from '../../store/store.ts';
import { type Message, messages, moment } from './messages.ts';

export interface Group {
  readonly box: string;
  readonly group: string;
  /** Of its oldest message. */
  readonly first: string;
  /** Of the message sent last. */
  readonly last: string;
  /** Milliseconds; 0 where nothing holds it back. */
  readonly opens: number;
  /** Messages received and not deleted, with the moment when each is visible again. */
  readonly flight: Readonly<Record<string, number>>;
}

export const groups = table<Group>('sqs_group', {
  key: ({ box, group }) => [box, group],
  indexes: { open: ({ box, opens, first }) => [[box, moment(opens), first]] },
});

/** A message was sent; the first of a new group, or its last. */
export async function joinGroup({ store }: Context, message: Message, group: Group | undefined): Promise<void> {
  const { box, sequence, sent, visible } = message;
  if (group) return store.replace(groups, { ...group, last: sequence });
  const opens = visible > sent ? visible : 0;
  const made = { box, group: message.group ?? '', first: sequence, last: sequence, opens, flight: {} };
  await store.replace(groups, made);
}

/** Messages of the group were received, deleted or made visible: `flight` is what is in flight now. */
export async function regroup({ store, now }: Context, group: Group, flight: Group['flight']): Promise<void> {
  const { box } = group;
  const { rows } = await store.list(messages, [box, group.group], { index: 'group', limit: 1 });
  const head = rows[0];
  if (!head) {
    await store.remove(groups, [box, group.group]);
    return;
  }
  const blocked = Object.values(flight);
  const delayed = head.visible > now.getTime() ? head.visible : 0;
  const opens = blocked.length > 0 ? Math.max(...blocked) : delayed;
  await store.replace(groups, { ...group, first: head.sequence, opens, flight });
}

/** A message of the group is gone or hidden for another time; `visible` undefined: it is gone. */
export async function changeFlight(ctx: Context, message: Message, visible: number | undefined): Promise<void> {
  const group = await ctx.store.get(groups, [message.box, message.group ?? '']);
  if (!group) return;
  const { [message.sequence]: _, ...others } = group.flight;
  await regroup(ctx, group, visible === undefined ? others : { ...others, [message.sequence]: visible });
}
