/**
 * Text messages on their way out. They end in the outbox: no carrier is behind it. Before that they meet what AWS holds
 * against them: the sandbox, and the month's spend limit, at the operator's price (`--prices`, Amazon Simple
 * Notification Service, `OutboundSMS`; free otherwise).
 */
import type { Context } from '../../core/context.ts';
import { metrics } from '../../core/metrics.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import { table } from '../../store/store.ts';
import { putOut } from './outbox.ts';
import { spendLimit } from './sms.ts';
import { mayText } from './smsSandbox.ts';

interface Spent {
  readonly account: string;
  readonly region: string;
  /** `2026-11`. */
  readonly month: string;
  /** US dollars. */
  readonly dollars: number;
}

const spending = table<Spent>('sns_sms_spent', { key: ({ account, region }) => [account, region] });

type Text = Pick<OutboxEntry, 'account' | 'region' | 'to' | 'text' | 'topic'>;

/** Whether it was sent. */
export async function sendText(ctx: Context, message: Text): Promise<boolean> {
  const { account, region, to, text } = message;
  if (!(await mayText(ctx, account, region, to))) return false;
  const price = ctx.settings.prices['Amazon Simple Notification Service']?.OutboundSMS ?? 0;
  if (price > 0 && !(await spend(ctx, message, price * partsOf(text)))) return false;
  await putOut(ctx, { ...message, protocol: 'sms' });
  return true;
}

async function spend(ctx: Context, { account, region }: Text, cost: number): Promise<boolean> {
  const month = ctx.now.toISOString().slice(0, 7);
  const before = await ctx.store.get(spending, [account, region]);
  const dollars = (before?.month === month ? before.dollars : 0) + cost;
  if (dollars > (await spendLimit(ctx, account, region))) return false;
  await ctx.store.replace(spending, { account, region, month, dollars });
  const points = [{ name: 'SMSMonthToDateSpentUSD', value: dollars, unit: 'None' } as const];
  metrics(ctx, { namespace: 'AWS/SNS', dimensions: {}, points, account, region });
  return true;
}

// The default alphabet of GSM 03.38, and its extension.
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f^{}\\[~\]|€]*$/;

/** https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html: 160 characters, 153 in each of several parts. */
function partsOf(text: string): number {
  const [alone, each] = GSM.test(text) ? [160, 153] : [70, 67];
  return text.length <= alone ? 1 : Math.ceil(text.length / each);
}
