/**
 * Widgets of dashboards: queries, and how their results are shown.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/lake-widget-properties.html
 */
import {
  EventDataStoreNotFoundException,
  InvalidParameterException,
  InvalidQueryStatementException,
  type RequestWidget,
  ServiceQuotaExceededException,
  type Widget,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing } from '../../core/operation.ts';
import type { DashboardWidget } from './dashboardRows.ts';
import { findStore, requireActive } from './eventDataStoreNames.ts';
import type { EventDataStore } from './lakeRows.ts';
import { filled, placesIn, statementOf } from './lakeSql.ts';

const WIDGETS_MAX = 10;

/** What templates may ask for, and what it is when nobody says. */
const DEFAULTS: Readonly<Record<string, (now: Date) => string>> = {
  $StartTime$: (now) => new Date(now.getTime() - 86_400_000).toISOString(),
  $EndTime$: (now) => now.toISOString(),
  $Period$: () => 'hour',
};

const PERIODS = ['minute', 'hour', 'day', 'week', 'month'];

/** View → the properties that it must have, and others that it may have. */
const VIEWS: Readonly<Record<string, { readonly needed: readonly string[]; readonly allowed?: readonly string[] }>> = {
  Table: { needed: [] },
  LineChart: { needed: ['YAxisColumn', 'XAxisColumn'], allowed: ['FilterColumn'] },
  PieChart: { needed: ['LabelColumn', 'ValueColumn'], allowed: ['FilterColumn'] },
  BarChart: { needed: ['LabelColumn', 'ValueColumn'], allowed: ['FilterColumn', 'Orientation'] },
};
const COMMON = ['Height', 'Width', 'Title', 'View'];

/** Rows of what a request gives. A widget that was there before, as it is now, keeps its alias. */
export async function requiredWidgets(
  ctx: Context,
  given: readonly RequestWidget[],
  before: readonly DashboardWidget[] = [],
): Promise<readonly DashboardWidget[]> {
  if (given.length > WIDGETS_MAX) {
    fail(ServiceQuotaExceededException, `A dashboard can have a maximum of ${WIDGETS_MAX} widgets.`);
  }
  const widgets: DashboardWidget[] = [];
  for (const { QueryStatement: statement = '', QueryParameters: parameters = [], ViewProperties: view = {} } of given) {
    requireView(view);
    requireParameters(statement, parameters);
    for (const store of await storesOf(ctx, ctx.account, statement)) requireActive(store);
    const same = before.find((each) => each.statement === statement && each.view.Title === view.Title);
    widgets.push({ alias: same?.alias ?? `widget-${uuid(ctx)}`, statement, parameters, view });
  }
  return widgets;
}

function requireView(view: Readonly<Record<string, string>>): void {
  const rule = VIEWS[view.View ?? ''];
  if (!rule) {
    fail(
      InvalidParameterException,
      `View ${view.View ?? ''} is not valid. Valid views: ${Object.keys(VIEWS).join(', ')}.`,
    );
  }
  const missing = [...COMMON, ...rule.needed].find((name) => view[name] === undefined);
  if (missing !== undefined) fail(InvalidParameterException, `The view property ${missing} is required.`);
  const known = [...COMMON, ...rule.needed, ...(rule.allowed ?? [])];
  const unknown = Object.keys(view).find((name) => !known.includes(name));
  if (unknown !== undefined)
    fail(InvalidParameterException, `The view property ${unknown} is not valid for ${view.View}.`);
  if (view.Orientation !== undefined && !/^(Horizontal|Vertical)$/.test(view.Orientation)) {
    fail(InvalidParameterException, 'Orientation must be Horizontal or Vertical.');
  }
}

function requireParameters(statement: string, parameters: readonly string[]): void {
  const unknown = parameters.find((name) => !Object.hasOwn(DEFAULTS, name));
  if (unknown !== undefined) {
    fail(InvalidParameterException, `Query parameter ${unknown} is not valid for a custom dashboard.`);
  }
  const places = placesIn(statement);
  if (places === parameters.length) return;
  const sentence = `The query statement has ${places} placeholders for ${parameters.length} query parameters.`;
  fail(InvalidQueryStatementException, sentence);
}

/** The event data stores that a statement names: all of that account. Throws what is wrong with it. */
export async function storesOf(ctx: Context, account: string, statement: string): Promise<readonly EventDataStore[]> {
  const parsed = statementOf(statement);
  if (!parsed) fail(InvalidQueryStatementException, 'Only a single SELECT statement is supported.');
  if (parsed.stores.length === 0) {
    fail(InvalidQueryStatementException, 'The query statement must name an event data store ID in its FROM clause.');
  }
  const stores: EventDataStore[] = [];
  for (const id of parsed.stores) {
    const store = await findStore({ ...ctx, account }, id);
    if (store instanceof Missing) throw store.error;
    if (store.account !== account) {
      fail(EventDataStoreNotFoundException, `The event data store ${id} could not be found in your account.`);
    }
    stores.push(store);
  }
  return stores;
}

/** Ids of the stores that widgets query: what permission is asked on. */
export const storeIdsOf = (widgets: readonly { readonly QueryStatement?: string | undefined }[]): readonly string[] => [
  ...new Set(widgets.flatMap(({ QueryStatement = '' }) => statementOf(QueryStatement)?.stores ?? [])),
];

/** The widget's query with values in it: those given, else of the last 24 hours by the hour. */
export function queryOf(
  { statement, parameters }: Pick<DashboardWidget, 'statement' | 'parameters'>,
  given: Readonly<Record<string, string>>,
  now: Date,
): string {
  return filled(
    statement,
    parameters.map((name) => wellFormed(name, given[name] ?? DEFAULTS[name]?.(now) ?? '')),
  );
}

function wellFormed(name: string, value: string): string {
  if (name === '$Period$' && !PERIODS.includes(value.toLowerCase())) {
    fail(InvalidParameterException, `$Period$ must be one of ${PERIODS.join(', ')}.`);
  }
  if (name !== '$StartTime$' && name !== '$EndTime$') return value;
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`);
  if (Number.isNaN(time)) fail(InvalidParameterException, `${name} must be a time: ${value}`);
  return new Date(time).toISOString().slice(0, 23).replace('T', ' ');
}

export const widgetView = ({ alias, statement, parameters, view }: DashboardWidget): Widget => ({
  QueryAlias: alias,
  QueryStatement: statement,
  ...(parameters.length > 0 && { QueryParameters: [...parameters] }),
  ViewProperties: { ...view },
});
