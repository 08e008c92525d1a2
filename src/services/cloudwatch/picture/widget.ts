/**
 * What a metric widget asks for, checked.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
 */
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { durationMs } from '../../../core/duration.ts';
import { statistic } from '../statistics.ts';
import { invalid } from '../words.ts';
import { offsetMinutes } from '../zones.ts';
import type { Color } from './canvas.ts';

type Side = 'left' | 'right';

export interface Plot {
  readonly id: string;
  readonly label?: string | undefined;
  readonly color?: Color | undefined;
  readonly side: Side;
}

export interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly label?: string | undefined;
}

export interface Mark {
  /** A number, or milliseconds. */
  readonly value: number;
  readonly label: string;
  readonly color: Color;
  readonly fill: string;
  readonly side: Side;
}

export type View = 'timeSeries' | 'bar' | 'pie';

export interface Widget {
  readonly view: View;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly dark: boolean;
  readonly stacked: boolean;
  readonly legend: 'bottom' | 'right' | 'hidden';
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly zoneMinutes: number;
  readonly queries: readonly MetricDataQuery[];
  /** Those of them that are shown. */
  readonly plots: readonly Plot[];
  readonly axes: Readonly<Record<Side, Limits>>;
  readonly horizontal: readonly Mark[];
  readonly vertical: readonly Mark[];
}

type Json = Readonly<Record<string, unknown>>;

const PIXELS_MAX = 2000;
const METRICS_MAX = 100;

/** @throws ValidationFailure */
export function widgetIn(text: string, now: Date, region: string): Widget {
  const given = parsed(text);
  const view = choice(given, 'view', ['timeSeries', 'bar', 'pie'], 'timeSeries') as View;
  if (given.region !== undefined && given.region !== region) invalid(`The region must be ${region}.`);
  const end = timeOf(given, 'end', now, '-PT0H');
  const start = timeOf(given, 'start', now, '-PT3H');
  if (start >= end) invalid('The start of the widget must be before its end.');
  const { annotations = {}, yAxis = {} } = given as { annotations?: Json; yAxis?: Json };
  const zone = String(given.timezone ?? '+0000');
  if (!/^[+-]\d{4}$/.test(zone)) invalid('timezone must be + or - and four digits.');
  return {
    view,
    width: number(given, 'width', 1, PIXELS_MAX, 600),
    height: number(given, 'height', 1, PIXELS_MAX, 400),
    title: String(given.title ?? ''),
    dark: choice(given, 'theme', ['light', 'dark'], 'light') === 'dark',
    stacked: given.stacked === true,
    legend: choice((given.legend ?? {}) as Json, 'position', ['bottom', 'right', 'hidden'], 'bottom') as 'bottom',
    start,
    end,
    zoneMinutes: offsetMinutes(zone, end),
    ...metricsIn(given),
    axes: { left: limitsOf(yAxis.left), right: limitsOf(yAxis.right) },
    horizontal: marksIn(annotations.horizontal, (value) => (typeof value === 'number' ? value : Number.NaN)),
    vertical: marksIn(annotations.vertical, (value) => Date.parse(String(value))),
  };
}

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Not JSON.
  }
  return invalid('MetricWidget must be a JSON object.');
}

function choice(given: Json, name: string, choices: readonly string[], standard: string): string {
  const value = given[name] ?? standard;
  if (typeof value === 'string' && choices.includes(value)) return value;
  return invalid(`${name} must be one of ${choices.join(', ')}.`);
}

function number(given: Json, name: string, min: number, max: number, standard: number): number {
  const value = given[name] ?? standard;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  return invalid(`${name} must be an integer from ${min} to ${max}.`);
}

/** An instant, or how long ago: `-PT3H`. */
function timeOf(given: Json, name: string, now: Date, standard: string): number {
  const text = String(given[name] ?? standard);
  const ago = text.startsWith('-') ? durationMs(text.slice(1)) : undefined;
  const time = ago === undefined ? Date.parse(text) : now.getTime() - ago;
  return Number.isNaN(time) ? invalid(`${name} must be a time such as 2018-04-25T12:00:00.000Z or -PT3H.`) : time;
}

const limitsOf = (axis: unknown): Limits => {
  const { min, max, label } = (axis ?? {}) as Record<string, unknown>;
  return {
    ...(typeof min === 'number' && { min }),
    ...(typeof max === 'number' && { max }),
    ...(typeof label === 'string' && { label }),
  };
};

const GRAY: Color = [0x7f, 0x7f, 0x7f];

export function colorIn(text: unknown): Color | undefined {
  const [, hex] = /^#([0-9a-f]{6})$/i.exec(String(text ?? '')) ?? [];
  if (hex === undefined) return undefined;
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Color;
}

/** Lines, and the two lines of bands. */
function marksIn(list: unknown, placeOf: (value: unknown) => number): Mark[] {
  const all = (Array.isArray(list) ? list : []).map((each: unknown) => (Array.isArray(each) ? each : [each]));
  return all.flatMap((lines: readonly Json[]) =>
    lines.flatMap((given) => {
      const value = placeOf(given?.value);
      if (Number.isNaN(value)) return invalid('Each annotation must have a value.');
      if ((lines[0] as Json).visible === false) return [];
      const color = colorIn(lines[0]!.color) ?? GRAY;
      const side = lines[0]!.yAxis === 'right' ? 'right' : 'left';
      const fill = lines.length > 1 ? 'none' : String(given.fill ?? 'none');
      return [{ value, label: String(given.label ?? ''), color, fill, side } as const];
    }),
  );
}

interface Options {
  readonly id?: string;
  readonly expression?: string;
  readonly label?: string;
  readonly color?: string;
  readonly stat?: string;
  readonly period?: number;
  readonly visible?: boolean;
  readonly yAxis?: Side;
}

function metricsIn(given: Json): Pick<Widget, 'queries' | 'plots'> {
  const list = given.metrics;
  if (!Array.isArray(list) || list.length === 0 || list.length > METRICS_MAX) {
    return invalid(`metrics must have 1 to ${METRICS_MAX} members.`);
  }
  const standard = { stat: String(given.stat ?? 'Average'), period: periodOf(given.period ?? 300) };
  const queries: MetricDataQuery[] = [];
  const plots: Plot[] = [];
  let before: readonly string[] = [];
  for (const [at, entry] of (list as unknown[]).entries()) {
    if (!Array.isArray(entry) || entry.length === 0) return invalid('Each member of metrics is an array.');
    const last: unknown = entry.at(-1);
    const options: Options = typeof last === 'object' && last !== null ? last : {};
    const words = (entry as unknown[]).filter((word) => typeof word !== 'object').map(String);
    const names = words.map((word, place) =>
      word === '.' ? (before[place] ?? invalid('"." repeats nothing.')) : word,
    );
    before = names.length > 0 ? names : before;
    const Id = options.id ?? `widget_${at}`;
    queries.push({ Id, ...queryOf(names, options, standard) });
    if (options.visible === false) continue;
    const { label, yAxis } = options;
    plots.push({ id: Id, label, color: colorIn(options.color), side: yAxis === 'right' ? 'right' : 'left' });
  }
  return { queries, plots };
}

function queryOf(names: readonly string[], options: Options, standard: { stat: string; period: number }) {
  const period = options.period === undefined ? standard.period : periodOf(options.period);
  if (options.expression !== undefined) return { Expression: options.expression, Period: standard.period };
  const [Namespace, MetricName, ...dimensions] = names;
  if (MetricName === undefined || dimensions.length % 2 !== 0) {
    return invalid('A metric has a namespace, a name, and names and values of dimensions.');
  }
  const Stat = options.stat ?? standard.stat;
  if (!statistic(Stat)) invalid(`The value ${Stat} for stat is not a valid statistic.`);
  const Dimensions = Array.from({ length: dimensions.length / 2 }, (_, at) => ({
    Name: dimensions[at * 2]!,
    Value: dimensions[at * 2 + 1]!,
  }));
  return { MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: period, Stat } };
}

const periodOf = (value: unknown): number =>
  typeof value === 'number' && ([1, 5, 10, 30].includes(value) || (value > 0 && value % 60 === 0))
    ? value
    : invalid('period must be 1, 5, 10, 30 or a multiple of 60.');
