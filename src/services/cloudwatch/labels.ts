/**
 * Labels of results, with the values that `${…}` stands for.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
 */
import type { TimeSeries } from './math/values.ts';
import { offsetMinutes } from './zones.ts';

export interface LabelPlace {
  readonly account: string;
  readonly region: string;
  /** Milliseconds. */
  readonly now: number;
  /** `+0130` */
  readonly timezone: string;
}

const DYNAMIC = /\$\{([A-Z_]+)\}|\$\{PROP\('([^']+)'\)\}/g;
const DYNAMIC_MAX = 6;

/** The label with its dynamic parts filled in; what is none stays as it is. */
export function filled(label: string, series: TimeSeries, plain: string, place: LabelPlace): string {
  if (!label.includes('${')) return label;
  let filled = 0;
  const facts = { series, plain, place, points: [...series.points] };
  return label.replace(DYNAMIC, (text, value: string | undefined, property: string | undefined) => {
    if (++filled > DYNAMIC_MAX) return text;
    if (property !== undefined) return propertyOf(property, facts) ?? text;
    const live = Object.hasOwn(LIVE, value!) ? LIVE[value!] : undefined;
    return live ? live(facts) : text;
  });
}

interface Facts {
  readonly series: TimeSeries;
  readonly plain: string;
  readonly place: LabelPlace;
  readonly points: readonly (readonly [time: number, value: number])[];
}

type Point = Facts['points'][number];

const first = ({ points }: Facts): Point | undefined => points[0];
const last = ({ points }: Facts): Point | undefined => points.at(-1);
const least = ({ points }: Facts) => points.reduce<Point | undefined>((a, b) => (a && a[1] <= b[1] ? a : b), undefined);
const most = ({ points }: Facts) => points.reduce<Point | undefined>((a, b) => (a && a[1] >= b[1] ? a : b), undefined);
const sum = ({ points }: Facts) => points.reduce((total, [, value]) => total + value, 0);

const NOTHING = '--';
const shown = (value: number | undefined) =>
  value === undefined || !Number.isFinite(value) ? NOTHING : String(Number(value.toPrecision(6)));

const valueAt = (find: (facts: Facts) => Point | undefined) => (facts: Facts) => shown(find(facts)?.[1]);

const timeOf = (find: (facts: Facts) => Point | undefined) => (facts: Facts) => {
  const point = find(facts);
  if (!point) return NOTHING;
  const local = point[0] * 1000 + offsetMinutes(facts.place.timezone, point[0] * 1000) * 60_000;
  return new Date(local).toISOString().slice(0, 16).replace('T', ' ');
};

const sinceOf = (find: (facts: Facts) => Point | undefined) => (facts: Facts) => {
  const point = find(facts);
  return point ? duration(Math.abs(facts.place.now / 1000 - point[0])) : NOTHING;
};

const between = (from: (facts: Facts) => Point | undefined, to: (facts: Facts) => Point | undefined, part: 0 | 1) => {
  return (facts: Facts) => {
    const [a, b] = [from(facts), to(facts)];
    if (!a || !b) return NOTHING;
    return part === 0 ? duration(Math.abs(b[0] - a[0])) : shown(b[1] - a[1]);
  };
};

const LIVE: Readonly<Record<string, (facts: Facts) => string>> = {
  AVG: (facts) => shown(sum(facts) / facts.points.length),
  DATAPOINT_COUNT: ({ points }) => String(points.length),
  FIRST: valueAt(first),
  FIRST_LAST_RANGE: between(first, last, 1),
  FIRST_LAST_TIME_RANGE: between(first, last, 0),
  FIRST_TIME: timeOf(first),
  FIRST_TIME_RELATIVE: sinceOf(first),
  LABEL: ({ plain }) => plain,
  LAST: valueAt(last),
  LAST_TIME: timeOf(last),
  LAST_TIME_RELATIVE: sinceOf(last),
  MAX: valueAt(most),
  MAX_TIME: timeOf(most),
  MAX_TIME_RELATIVE: sinceOf(most),
  MIN: valueAt(least),
  MIN_MAX_RANGE: between(least, most, 1),
  MIN_MAX_TIME_RANGE: between(least, most, 0),
  MIN_TIME: timeOf(least),
  MIN_TIME_RELATIVE: sinceOf(least),
  SUM: (facts) => (facts.points.length === 0 ? NOTHING : shown(sum(facts))),
};

function propertyOf(property: string, { series, place }: Facts): string | undefined {
  const { metric } = series;
  if (property.startsWith('Dim.')) return metric?.dimensions.find(([name]) => name === property.slice(4))?.[1];
  const properties: Readonly<Record<string, string | undefined>> = {
    AccountId: place.account,
    AccountLabel: place.account,
    MetricName: metric?.name,
    Namespace: metric?.namespace,
    Period: String(series.period),
    Region: place.region,
    Stat: metric?.stat,
  };
  return properties[property];
}

function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const;
  let left = Math.floor(seconds);
  const parts = units.flatMap(([name, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count > 0 ? [`${count}${name}`] : [];
  });
  return parts.slice(0, 2).join(' ') || '0s';
}
