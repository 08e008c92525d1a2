/**
 * Lake's SQL is Trino's. What the engine calls otherwise, or means otherwise, is a macro here; where both have a function
 * of one name and mean the same, nothing has to be said.
 * https://trino.io/docs/current/functions.html
 */

/** Formats of dates are MySQL's in Trino, C's in the engine. */
const MYSQL_TO_C = [
  ['%M', '%B'],
  ['%i', '%M'],
  ['%s', '%S'],
  ['%W', '%A'],
  ['%T', '%H:%M:%S'],
  ['%r', '%I:%M:%S %p'],
  ['%h', '%I'],
  ['%e', '%-d'],
  ['%c', '%-m'],
  ['%k', '%-H'],
  ['%l', '%-I'],
] as const;

/** The empty text keeps the engine from binding the format before it is known: to it, a format is a constant. */
const FORMAT_IN_C = MYSQL_TO_C.reduce(
  (sql, [mysql, c]) => `system.main.replace(${sql}, '${mysql}', '${c}')`,
  "f || ''",
);

const UNITS: Readonly<Record<string, string>> = {
  millisecond: 'to_milliseconds(n)',
  second: 'to_seconds(n)',
  minute: 'to_minutes(n)',
  hour: 'to_hours(n)',
  day: 'to_days(n::int)',
  week: 'to_weeks(n::int)',
  month: 'to_months(n::int)',
  quarter: 'to_months(3 * n::int)',
  year: 'to_years(n::int)',
};
const interval = Object.entries(UNITS)
  .map(([unit, of]) => `when '${unit}' then ${of}`)
  .join(' ');

const MACROS: readonly string[] = [
  // Maps, lists, JSON.
  'element_at(m, k) as m[k]',
  'cardinality(x) as len(x)',
  'array_join(a, s) as array_to_string(a, s), (a, s, n) as array_to_string([coalesce(x::varchar, n) for x in a], s)',
  'array_max(a) as list_max(a)',
  'array_min(a) as list_min(a)',
  'arrays_overlap(a, b) as list_has_any(a, b)',
  'slice(a, s, n) as a[s:s + n - 1]',
  'sequence(a, b) as generate_series(a, b), (a, b, c) as generate_series(a, b, c)',
  'map_agg(k, v) as map_from_entries(list(struct_pack(k := k, v := v)))',
  'json_extract_scalar(j, p) as json_extract_string(j, p)',
  'json_parse(t) as t::json',
  'json_format(j) as j::varchar',
  'json_size(j, p) as json_array_length(j, p)',
  'json_array_contains(j, v) as json_contains(j, to_json(v))',
  // Texts.
  'regexp_like(t, p) as regexp_matches(t, p)',
  "regexp_replace(t, p) as system.main.regexp_replace(t, p, '', 'g'), (t, p, r) as system.main.regexp_replace(t, p, r, 'g')",
  'regexp_split(t, p) as regexp_split_to_array(t, p)',
  'regexp_count(t, p) as len(regexp_extract_all(t, p))',
  "replace(t, f) as system.main.replace(t, f, ''), (t, f, w) as system.main.replace(t, f, w)",
  // Times. Of two, Trino counts what lies between them in whole units.
  `date_add(t, i) as t + i, (u, n, t) as t + case lower(u) ${interval} end`,
  'date_diff(u, a, b) as date_sub(u, a::timestamp, b::timestamp)',
  `date_format(t, f) as strftime(t::timestamp, ${FORMAT_IN_C})`,
  `date_parse(t, f) as strptime(t, ${FORMAT_IN_C})`,
  'from_iso8601_timestamp(t) as t::timestamptz',
  'from_iso8601_date(t) as t::date',
  "to_iso8601(t) as strftime(t::timestamp, '%Y-%m-%dT%H:%M:%S.%gZ')",
  'from_unixtime(n) as to_timestamp(n)',
  'to_unixtime(t) as epoch(t)',
  'day_of_week(t) as isodow(t)',
  'day_of_month(t) as day(t)',
  'day_of_year(t) as dayofyear(t)',
  'week_of_year(t) as week(t)',
  "current_timezone() as 'UTC'",
  // Sums.
  'approx_distinct(x) as approx_count_distinct(x)',
  'approx_percentile(x, p) as approx_quantile(x, p)',
];

/** `now`: ISO 8601. Queries ask the plane's clock, not that of the machine. */
function clock(now: string): readonly string[] {
  const [day, time] = [now.slice(0, 10), now.slice(11, 23)];
  return [
    ...['now', 'get_current_timestamp', 'transaction_timestamp'].map((name) => `${name}() as timestamptz '${now}'`),
    ...['current_localtimestamp', 'localtimestamp'].map((name) => `${name}() as timestamp '${day} ${time}'`),
    ...['today', '"current_date"'].map((name) => `${name}() as date '${day}'`),
    ...['get_current_time', 'current_localtime'].map((name) => `${name}() as time '${time}'`),
  ];
}

/** What a connection runs first. */
export const functionsAt = (now: string): readonly string[] => [
  "set TimeZone='UTC'",
  ...[...MACROS, ...clock(now)].map((macro) => `create macro ${macro}`),
];
