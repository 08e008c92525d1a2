/**
 * Dashboards that are there for everybody, of one event data store that a refresh names. Titles are those of the user
 * guide; the queries are our own.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/lake-managed-dashboards.html
 */
import type { DashboardWidget } from './dashboardRows.ts';
import { DASHBOARDS, type WidgetShape } from './managedWidgets.ts';

/** The parameter in which a refresh names the event data store. */
export const STORE_PARAMETER = '$EventDataStoreId$';

const top = (columns: string, where: string) =>
  `SELECT ${columns}, count(*) AS eventCount FROM ? WHERE eventTime > '?' AND eventTime < '?' AND (${where}) GROUP BY ALL ORDER BY eventCount DESC LIMIT 100`;
const pairs = (columns: string, where: string) =>
  `SELECT *, count(*) AS eventCount FROM (SELECT ${columns} FROM ? WHERE eventTime > '?' AND eventTime < '?' AND (${where})) GROUP BY ALL ORDER BY eventCount DESC LIMIT 100`;
const trend = (columns: string, where: string) =>
  `SELECT date_trunc('?', eventTime) AS eventDate, ${columns}, count(*) AS eventCount FROM ? WHERE eventTime > '?' AND eventTime < '?' AND (${where}) GROUP BY ALL ORDER BY eventDate`;
const recent = (columns: string, where: string) =>
  `SELECT eventTime, ${columns} FROM ? WHERE eventTime > '?' AND eventTime < '?' AND (${where}) ORDER BY eventTime DESC LIMIT 100`;

const RANGE = [STORE_PARAMETER, '$StartTime$', '$EndTime$'];

interface Shape {
  readonly statement: (columns: string, where: string) => string;
  readonly parameters: readonly string[];
  readonly view: Readonly<Record<string, string>>;
}

const SHAPES = {
  top: { statement: top, parameters: RANGE, view: { View: 'Table' } },
  pairs: { statement: pairs, parameters: RANGE, view: { View: 'Table' } },
  recent: { statement: recent, parameters: RANGE, view: { View: 'Table' } },
  trend: {
    statement: trend,
    parameters: ['$Period$', ...RANGE],
    view: { View: 'LineChart', XAxisColumn: 'eventDate', YAxisColumn: 'eventCount' },
  },
} satisfies Readonly<Record<WidgetShape, Shape>>;

const aliasOf = (dashboard: string, title: string) => `${dashboard}-${title.replace(/[^A-Za-z0-9]/g, '')}`;

/** Name → widgets. */
export const MANAGED: ReadonlyMap<string, readonly DashboardWidget[]> = new Map(
  Object.entries(DASHBOARDS).map(([dashboard, widgets]) => [
    dashboard,
    widgets.map(([kind, title, columns, where]): DashboardWidget => {
      const { statement, parameters, view } = SHAPES[kind];
      return {
        alias: aliasOf(dashboard, title),
        statement: statement(columns, where),
        parameters,
        view: { Height: '2', Width: '4', Title: title, ...view },
      };
    }),
  ]),
);
