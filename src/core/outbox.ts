/**
 * The outbox of SNS: text messages, and mail while no SMTP server is named. They wait sealed for two weeks, and are
 * shown to whoever may read them (`gateway/pages/outbox.ts`).
 */
import { table } from '../store/store.ts';
import type { Context } from './context.ts';
import { CommonError } from './errors.ts';
import { timeUuid } from './ids.ts';
import { paging } from './page.ts';

interface Head {
  readonly account: string;
  readonly region: string;
  readonly protocol: 'sms' | 'email' | 'email-json';
  readonly to: string;
  /** ARN; none of what was sent straight to a telephone. */
  readonly topic?: string | undefined;
}

interface Content {
  readonly subject?: string | undefined;
  readonly text: string;
}

interface Kept extends Head {
  /** In time's order. */
  readonly id: string;
  /** Milliseconds. */
  readonly time: number;
  /** The content. */
  readonly sealed: string;
}

export type OutboxEntry = Head & Content;
export type OutboxMessage = OutboxEntry & Pick<Kept, 'id' | 'time'>;

const LAST_TIME = 99_999_999_999_999;
const back = (time: number) => String(LAST_TIME - time).padStart(14, '0');

export const outbox = table<Kept>('sns_outbox', {
  key: ({ account, id }) => [account, id],
  indexes: { newest: ({ account, region, time, id }) => [[account, region, back(time), id]] },
});

const PURPOSE = 'sns-outbox';

/** Gives the time at which it was put there. */
export async function putInto(ctx: Context, { subject, text, ...head }: OutboxEntry): Promise<number> {
  const time = ctx.now.getTime();
  const sealed = ctx.secrets.seal(PURPOSE, JSON.stringify({ subject, text }), ctx.random(12));
  await ctx.store.insert(outbox, { ...head, id: timeUuid(ctx.now, ctx), time, sealed });
  return time;
}

const pages = paging({
  size: 'limit',
  standard: 20,
  most: 100,
  token: 'next',
  end: (next) => (next === undefined ? {} : { next }),
  refuse: () => {
    throw new CommonError('InvalidToken', 'The token of the next page is none that was given.');
  },
});

interface Asked {
  readonly limit?: number | undefined;
  readonly next?: string | undefined;
}

/** A page of what an account sent in a Region, the newest first. */
export async function outboxPage(
  ctx: Pick<Context, 'store' | 'secrets' | 'account' | 'region'>,
  asked: Asked = {},
): Promise<{ readonly messages: readonly OutboxMessage[]; readonly next?: string }> {
  const { rows, page } = await pages.rows(ctx, outbox, [ctx.account, ctx.region], asked, { index: 'newest' });
  const messages = rows.flatMap(({ sealed, ...head }) => {
    const text = ctx.secrets.open(PURPOSE, sealed);
    return text ? [{ ...head, ...(JSON.parse(text.toString('utf8')) as Content) }] : [];
  });
  return { messages, ...page };
}
