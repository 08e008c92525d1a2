/**
 * Deliveries that are owed: a task for each target and batch of matching events. The task names the events by their
 * place in the journal; rule and target are read when it is done.
 */
import type { Target } from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import type { Secrets } from '../../core/secrets.ts';
import { later, type Task, type TaskHandler } from '../../core/tasks.ts';
import type { Journal, JournalRow, Transaction } from '../../store/store.ts';
import { nextSlot } from './apiDestinationRows.ts';
import { logAttempt, SUCCESS } from './busLogs.ts';
import { type Happening, openHappening } from './happenings.ts';
import { tellDelivered } from './measures.ts';
import type { RuleName } from './names.ts';
import { type Rule, ruleKey, rules } from './ruleRows.ts';

const DELIVER = 'events.deliver';
export const INVOKE = 'events.invoke';
/** In one task: they are delivered, and tried again, together. */
const EVENTS_MAX = 100;

export interface Owed {
  readonly rule: RuleName;
  /** Id of the target. */
  readonly target: string;
  readonly sequences: readonly number[];
}

/** An event with the entry that tells it. */
export interface Delivered {
  readonly happening: Happening;
  /** Milliseconds: when EventBridge got it. */
  readonly received: number;
  readonly sequence: number;
}

export interface Delivery {
  readonly rule: Rule;
  readonly target: Target;
  readonly events: readonly Delivered[];
}

export const isApiDestination = (arn: string | undefined) =>
  /^arn:[\w-]+:events:[^:]*:\d*:api-destination\//.test(arn ?? '');

export async function oweDelivery(
  store: Transaction,
  rule: Rule,
  target: Target,
  matches: readonly { readonly entry: JournalRow; readonly happening: Happening }[],
): Promise<void> {
  remember(rule, matches);
  const alone = isApiDestination(target.Arn);
  const size = alone ? 1 : EVENTS_MAX;
  const { account, region, bus, name } = rule;
  for (let i = 0; i < matches.length; i += size) {
    const entries = matches.slice(i, i + size).map(({ entry }) => entry);
    const [first] = entries;
    const lane = [...ruleKey(rule), target.Id].join(' ');
    const id = `${placeIn(first!.sequence)} ${lane}`;
    const now = new Date(first!.time);
    const body: Owed = {
      rule: { account, region, bus, name },
      target: target.Id!,
      sequences: entries.map(({ sequence }) => sequence),
    };
    const due = alone ? await nextSlot(store, target.Arn!, first!.time) : undefined;
    const errand = { kind: DELIVER, id, body, due, ...(/\.fifo$/.test(target.Arn ?? '') && { lane }) };
    await later({ store, now, account, region, random: noDice }, errand);
  }
}

/** A place in the journal, in order, as tasks are called by it. */
export const placeIn = (sequence: number) => String(sequence).padStart(16, '0');

const noDice = (): never => {
  throw new Error('Tasks of matching events have ids of their own.');
};

/**
 * Events that matched lately, by their rule's row: most are delivered at once, and need not be read from the journal
 * again.
 */
const recent = new WeakMap<Rule, Map<number, Delivered>>();
const RECENT_MAX = 2_000;
/** Larger events are read again: memory is for the many. */
const RECENT_LENGTH_MAX = 8_192;

function remember(rule: Rule, matches: readonly { readonly entry: JournalRow; readonly happening: Happening }[]): void {
  let known = recent.get(rule);
  if (!known || known.size + matches.length > RECENT_MAX) recent.set(rule, (known = new Map()));
  for (const { entry, happening } of matches.slice(0, RECENT_MAX)) {
    if (entry.body.length > RECENT_LENGTH_MAX) continue;
    known.set(entry.sequence, { happening, received: entry.time, sequence: entry.sequence });
  }
}

/** What a task is about, as things are now; undefined when the rule or the target is gone. */
export async function deliveryOf(
  around: { readonly store: Pick<Transaction, 'get'>; readonly journal: Journal; readonly secrets: Secrets },
  owed: Owed,
): Promise<Delivery | undefined> {
  const { store, journal } = around;
  const rule = await store.get(rules, ruleKey(owed.rule));
  const target = rule?.targets.find(({ Id }) => Id === owed.target);
  if (!rule || !target) return undefined;
  const events: Delivered[] = [];
  const known = recent.get(rule);
  for (const sequence of owed.sequences) {
    const seen = known?.get(sequence);
    if (seen) {
      events.push(seen);
      continue;
    }
    const [entry] = await journal.read(sequence - 1, 1);
    const happening = entry?.sequence === sequence ? await openHappening(around, entry) : undefined;
    if (entry && happening) events.push({ happening, received: entry.time, sequence });
  }
  return { rule, target, events };
}

/** As what is measured tells of it. */
export const attemptOf = ({ body, attempt, given }: Task<Owed>) => ({ events: body.sequences.length, attempt, given });

async function succeeded(ctx: Context, task: Task<Owed>, delivery: Delivery): Promise<void> {
  tellDelivered(ctx, delivery.rule, attemptOf(task));
  await logAttempt(ctx, task, delivery, { status: SUCCESS, again: false, letters: false });
}

/** What carries events to targets inside the plane. */
export const deliver: TaskHandler<Owed> = {
  kind: DELIVER,
  principal: 'events.amazonaws.com',
  async settle(task, ctx: Context) {
    const delivery = await deliveryOf(ctx, task.body);
    if (!delivery || delivery.events.length === 0) return undefined;
    await (await import('./deliverers.ts')).deliverTo(ctx, delivery, task);
    // An API destination is yet to be called.
    if (!isApiDestination(delivery.target.Arn)) await succeeded(ctx, task, delivery);
    return undefined;
  },
  async failed(task, ctx, error) {
    return (await import('./failures.ts')).afterFailure(task, ctx, error);
  },
};

/** What calls API destinations: outside, over HTTP. */
export const invoke: TaskHandler<Owed, number> = {
  kind: INVOKE,
  principal: 'events.amazonaws.com',
  reach: async (task, around) => (await import('./httpTarget.ts')).invoked(task.body, around),
  async settle(task, ctx, status) {
    const delivery = status === 0 ? undefined : await deliveryOf(ctx, task.body);
    if (delivery) await succeeded(ctx, task, delivery);
    return undefined;
  },
  async failed(task, ctx, error) {
    return (await import('./failures.ts')).afterFailure(task, ctx, error);
  },
};
