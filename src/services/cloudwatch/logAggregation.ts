/** What a log alarm makes of a query's results: `avg(latency) by host | sort desc`. */

export interface Aggregation {
  /** `count(*)` of nothing is 0, where nothing tells contributors apart. */
  readonly countsAll: boolean;
  readonly by: readonly string[];
  /** The last command of the query. */
  readonly command: string;
}

const FIELD = '(?:[@A-Za-z_][\\w.@]*|`[^`]+`)';
const FORM = new RegExp(
  `^(count\\(\\s*\\*\\s*\\)|(?:count|avg|sum|min|max)\\(\\s*${FIELD}\\s*\\))` +
    `(?:\\s+by\\s+(${FIELD}(?:\\s*,\\s*${FIELD})*))?(?:\\s*\\|\\s*sort\\s+(asc|desc))?$`,
  'i',
);
const FIELDS_MAX = 5;
/** One more than are evaluated: whether there were more. */
const CONTRIBUTORS_ASKED = 501;

/** The field that the value is found in. */
export const VALUE = 'alarm_value';

/** Undefined for an expression that is none. */
export function aggregationIn(expression: string): Aggregation | undefined {
  const [, figure, fields, order] = FORM.exec(expression.trim()) ?? [];
  if (figure === undefined) return undefined;
  const by = fields?.split(',').map((field) => field.trim()) ?? [];
  if (by.length > FIELDS_MAX) return undefined;
  const stats = `stats ${figure} as ${VALUE}`;
  if (by.length === 0) return { countsAll: /^count\(\s*\*/i.test(figure), by, command: stats };
  const sorted = order === undefined ? by[0] : `${VALUE} ${order.toLowerCase()}`;
  const command = `${stats} by ${by.join(', ')} | sort ${sorted} | limit ${CONTRIBUTORS_ASKED}`;
  return { countsAll: false, by: by.map((field) => field.replaceAll('`', '')), command };
}
