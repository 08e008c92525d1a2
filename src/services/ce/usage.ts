/** Metered rows of the accounts that the caller's account may see, with their price. */
import type { Context } from '../../core/context.ts';
import { accounts, organizations } from '../../identity/organization.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Page, Table } from '../../store/store.ts';
import { dailyUsage, dayOf, hourlyUsage, type Usage } from './meter.ts';
import { cut, DAY_MS, dateOf, type Period } from './periods.ts';

export interface MeteredRow extends Usage {
  /** The management account of the organization, else the account itself. */
  readonly payer: string;
  /** US dollars, at the prices in force now. */
  readonly cost: number;
}

export interface VisibleAccount {
  readonly id: string;
  readonly name: string;
  readonly payer: string;
  /** First day on which its usage is seen: the day it joined the organization. */
  readonly since: string;
}

const PAGE = 1000;

/** The account itself; of an organization's management account, every member too, from the day it joined. */
export async function visibleAccounts(ctx: Context): Promise<VisibleAccount[]> {
  const own = await ctx.store.get(accounts, [ctx.account]);
  const organization = own?.organization && (await ctx.store.get(organizations, [own.organization]));
  const payer = organization ? organization.management : ctx.account;
  const self = { id: ctx.account, name: own?.name ?? ctx.account, payer, since: '' };
  if (!organization || organization.management !== ctx.account) return [self];
  const members: VisibleAccount[] = [];
  for await (const { id, name, joined } of everyRow(ctx.store, accounts, [organization.id], 'organization')) {
    if (id !== ctx.account) members.push({ id, name, payer, since: dayOf(joined ?? '') });
  }
  return [self, ...members];
}

/** Days, or hours of an hourly period, in no particular order. */
export async function* meteredRows(
  ctx: Context,
  among: readonly VisibleAccount[],
  period: Period,
): AsyncGenerator<MeteredRow> {
  const hourly = period.Start.length > 10;
  const table = hourly ? hourlyUsage : dailyUsage;
  const first = period.Start.slice(0, hourly ? 13 : 10);
  const last = period.End.slice(0, hourly ? 13 : 10);
  for (const account of among) {
    for (const span of spansOf(period, hourly)) {
      for await (const row of rowsOf(ctx, table, [account.id, span])) {
        if (row.time < first || row.time >= last || dayOf(row.time) < account.since) continue;
        const price = ctx.settings.prices[row.service]?.[row.usageType] ?? 0;
        yield { ...row, payer: account.payer, cost: row.quantity * price };
      }
    }
  }
}

/** Months of daily rows, days of hourly ones: what the tables are listed by. */
function spansOf({ Start, End }: Period, hourly: boolean): string[] {
  if (!hourly) return cut({ Start, End }, 'MONTHLY').map((month) => month.Start.slice(0, 7));
  const end = dateOf(Date.parse(End) + DAY_MS - 1);
  return cut({ Start: dayOf(Start), End: end }, 'DAILY').map((day) => day.Start);
}

async function* rowsOf(ctx: Context, table: Table<Usage>, prefix: readonly string[]): AsyncGenerator<Usage> {
  let after: string | undefined;
  do {
    const page: Page<Usage> = await ctx.store.list(table, prefix, { limit: PAGE, after });
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}
