/** What happened to alarms lies in rows for 30 days. It loads with the plane, so it imports nothing of the SDK. */
import type { HistoryItemType } from '@aws-sdk/client-cloudwatch';
import type { Context } from '../../core/context.ts';
import type { Worker } from '../../core/worker.ts';
import { table } from '../../store/store.ts';
import type { AlarmRow } from './alarmRows.ts';

export interface HistoryRow {
  readonly account: string;
  readonly region: string;
  readonly alarm: string;
  readonly alarmType: AlarmRow['type'];
  /** Milliseconds. */
  readonly time: number;
  readonly id: string;
  readonly type: HistoryItemType;
  readonly summary: string;
  /** JSON. */
  readonly data: string;
}

export const KEPT_MS = 30 * 86_400_000;
const LAST_TIME = 99_999_999_999_999;

export const up = (time: number) => String(time).padStart(14, '0');
/** The newest first. */
export const down = (time: number) => up(LAST_TIME - time);

export const history = table<HistoryRow>('cw_alarm_history', {
  key: ({ account, region, time, id }) => [account, region, down(time), id],
  indexes: {
    up: ({ account, region, time, id }) => [[account, region, up(time), id]],
    alarm: ({ account, region, alarm, time, id }) => [[account, region, alarm, down(time), id]],
    alarmUp: ({ account, region, alarm, time, id }) => [[account, region, alarm, up(time), id]],
    age: ({ time }) => [[up(time)]],
  },
});

type Noted = Pick<Context, 'store' | 'now' | 'random'>;

export async function note(
  ctx: Noted,
  { account, region, name, type: alarmType }: AlarmRow,
  item: Pick<HistoryRow, 'type' | 'summary'> & { readonly data: object },
): Promise<void> {
  await ctx.store.replace(history, {
    account,
    region,
    alarm: name,
    alarmType,
    time: ctx.now.getTime(),
    id: Buffer.from(ctx.random(8)).toString('hex'),
    type: item.type,
    summary: item.summary,
    data: JSON.stringify(item.data),
  });
}

const ROWS_A_TURN = 500;

export const alarmHistoryExpiry: Worker = {
  name: 'cloudwatch-alarm-history',
  everyMs: 3_600_000,
  async work({ store, now }) {
    return store.transaction(async (tx) => {
      const { rows } = await tx.list(history, [], { index: 'age', limit: ROWS_A_TURN, unchecked: true });
      const old = rows.filter(({ time }) => time < now().getTime() - KEPT_MS);
      for (const row of old) await tx.remove(history, history.key(row));
      return old.length === ROWS_A_TURN;
    });
  },
};
