/** What a journal entry says, and how a service tells the plane that something happened. */
import type { JournalEntry, Transaction } from '../store/store.ts';
import { type Dice, timeUuid } from './ids.ts';

const EVENT = Symbol('event');

/** The entry's body as a value, parsed once for all who follow it. To be read, not changed. */
export function eventOf<T>(entry: JournalEntry & { [EVENT]?: unknown }): T {
  entry[EVENT] ??= JSON.parse(entry.body);
  return entry[EVENT] as T;
}

/**
 * An event as EventBridge carries it, under journal kind `event`. API calls need none of their own: their records
 * become events there.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 */
export interface PlaneEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601 without milliseconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: object;
}

export const EVENT_KIND = 'event';

export interface Happening {
  /** `aws.s3`. */
  readonly source: string;
  /** `Object Created`. */
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: object;
  /** Else those of the context. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

interface Teller extends Dice {
  readonly store: Transaction;
  readonly now: Date;
  readonly account: string;
  readonly region: string;
}

/** Tells the account's default event bus, durable with the rest of the write set. */
export function emit(ctx: Teller, { source, detailType, resources, detail, ...where }: Happening): void {
  const id = timeUuid(ctx.now, ctx);
  const account = where.account ?? ctx.account;
  const region = where.region ?? ctx.region;
  const event: PlaneEvent = {
    version: '0',
    id,
    'detail-type': detailType,
    source,
    account,
    time: `${ctx.now.toISOString().slice(0, 19)}Z`,
    region,
    resources,
    detail,
  };
  ctx.store.append({ id, kind: EVENT_KIND, account, region, time: ctx.now.getTime(), body: JSON.stringify(event) });
}
