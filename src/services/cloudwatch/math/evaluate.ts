/** Carries out an expression of metric math. What needs the world (metrics, searches, models) comes through `World`. */
import { notImplemented } from '../../../core/errors.ts';
import { isPeriod } from '../periods.ts';
import { arrayIn, type Call, each, everywhere, FUNCTIONS, type Grid, scalarIn, wrong } from './functions.ts';
import { derived, negative, operate } from './operators.ts';
import { MathError, type Node } from './parser.ts';
import { type Budget, many, one, type Points, rest, scalar, spend, type TimeSeries, type Value } from './values.ts';

export interface World {
  readonly grid: Grid;
  readonly budget: Budget;
  /** The value of another query of the request. */
  readonly query: (id: string) => Promise<Value>;
  /** Period of a query that is a metric. */
  readonly periodOf: (id: string) => number | undefined;
  /** Every metric of the request whose id has this text in it. */
  readonly metrics: (part: string) => Promise<readonly TimeSeries[]>;
  /** A metric of a Contributor Insights rule. */
  readonly insight: (rule: string, metric: string) => Promise<TimeSeries>;
  readonly search: (text: string, stat: string, period: number | undefined) => Promise<readonly TimeSeries[]>;
  /** Lower and upper bound of what is normal for a series. */
  readonly band: (id: string, series: TimeSeries, deviations: number) => Promise<readonly [TimeSeries, TimeSeries]>;
}

/** Functions that ask services which this plane does not have. */
const ELSEWHERE = new Set(['DB_PERF_INSIGHTS', 'LAMBDA', 'SERVICE_QUOTA']);
const DEVIATIONS = 2;

export async function evaluate(node: Node, world: World): Promise<Value> {
  await rest(world.budget);
  switch (node.kind) {
    case 'number':
      return scalar(node.value);
    case 'string':
      return { kind: 'string', text: node.text };
    case 'name':
      return world.query(node.name);
    case 'negative':
      return negative(await evaluate(node.of, world), world.budget);
    case 'list':
      return listOf(node.items, world);
    case 'operation':
      return operate(node.operator, await evaluate(node.left, world), await evaluate(node.right, world), world.budget);
    case 'call':
      return call(node, world);
  }
}

type CallNode = Extract<Node, { kind: 'call' }>;

/** Functions whose arguments are not simply values. */
const SPECIAL: Readonly<Record<string, (node: CallNode, world: World) => Promise<Value>>> = {
  ANOMALY_DETECTION_BAND: band,
  FILL: fill,
  IF: conditional,
  INSIGHT_RULE_METRIC: insight,
  METRICS: metrics,
  PERIOD: period,
  SEARCH: search,
  SORT: sort,
};

/** Whether metric math knows a function of this name. */
export const isFunction = (name: string): boolean =>
  Object.hasOwn(SPECIAL, name) || Object.hasOwn(FUNCTIONS, name) || ELSEWHERE.has(name);

async function call(node: CallNode, world: World): Promise<Value> {
  const { name } = node;
  if (ELSEWHERE.has(name)) return notImplemented(`monitoring: metric math's ${name}`);
  if (Object.hasOwn(SPECIAL, name)) return SPECIAL[name]!(node, world);
  if (!Object.hasOwn(FUNCTIONS, name)) throw new MathError(`Unknown function ${name}`);
  const { grid, budget } = world;
  return FUNCTIONS[name]!({ args: await argumentsOf(node.args, world), grid, budget });
}

async function argumentsOf(nodes: readonly Node[], world: World): Promise<Value[]> {
  const values: Value[] = [];
  for (const node of nodes) values.push(await evaluate(node, world));
  return values;
}

async function listOf(nodes: readonly Node[], world: World): Promise<Value> {
  const values = await argumentsOf(nodes, world);
  const all = values.flatMap((value) => {
    if (value.kind === 'series') return [value.series];
    return value.kind === 'array' ? value.all : wrong('Arrays hold time series only');
  });
  // Lists of lists double with every name.
  spend(world.budget, all.length);
  return many(all);
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#using-IF-expressions */
async function conditional({ args }: CallNode, world: World): Promise<Value> {
  if (args.length !== 2 && args.length !== 3) return wrong('IF takes two or three arguments');
  const [condition, yes, no] = await argumentsOf(args, world);
  for (const value of [condition, yes, no]) {
    if (value?.kind === 'array' || value?.kind === 'string') return wrong('IF takes time series and scalars only');
  }
  if (condition!.kind === 'scalar') {
    const chosen = condition!.value !== 0 ? yes! : (no ?? one(empty(yes!, world)));
    return chosen;
  }
  return one(chosen((condition as Extract<Value, { kind: 'series' }>).series, yes!, no, world.budget));
}

const empty = (like: Value, world: World): TimeSeries => ({
  points: new Map(),
  period: like.kind === 'series' ? like.series.period : world.grid.period,
  label: like.kind === 'series' ? like.series.label : '',
});

/** A missing value counts as 0, but is dropped where it would have stood beside a scalar. */
function chosen(condition: TimeSeries, yes: Value, no: Value | undefined, budget: Budget): TimeSeries {
  spend(budget, condition.points.size);
  const points = new Map<number, number>();
  for (const [time, test] of condition.points) {
    const value = test !== 0 ? (valueAt(yes, time) ?? 0) : otherwise(yes, no, time);
    if (value !== undefined) points.set(time, value);
  }
  return derived(yes.kind === 'series' ? { ...yes.series, period: condition.period } : condition, points);
}

function otherwise(yes: Value, no: Value | undefined, time: number): number | undefined {
  if (!no) return undefined;
  return valueAt(no, time) ?? (yes.kind === 'series' ? 0 : undefined);
}

function valueAt(value: Value, time: number): number | undefined {
  if (value.kind === 'scalar') return value.value;
  return value.kind === 'series' ? value.series.points.get(time) : undefined;
}

async function fill({ args }: CallNode, world: World): Promise<Value> {
  const [what, filler] = args;
  if (!what || !filler || args.length !== 2) return wrong('FILL takes two arguments');
  const value = await evaluate(what, world);
  const on = (filled: (series: TimeSeries, call: Call) => Points) =>
    each(filled)({ args: [value], grid: world.grid, budget: world.budget });
  if (filler.kind === 'name' && filler.name === 'REPEAT') return on(repeated);
  if (filler.kind === 'name' && filler.name === 'LINEAR') return on(interpolated);
  const by = await evaluate(filler, world);
  if (by.kind !== 'scalar' && by.kind !== 'series')
    return wrong('FILL takes a scalar, a time series, REPEAT or LINEAR');
  return on((series, { grid, budget }) => {
    const points = everywhere({ ...grid, period: series.period }, budget, (time) => {
      return series.points.get(time) ?? valueAt(by, time) ?? Number.NaN;
    });
    return new Map([...points].filter(([, each]) => !Number.isNaN(each)));
  });
}

function repeated({ points, period }: TimeSeries, { grid: { from, to }, budget }: Call): Points {
  spend(budget, (to - from) / period);
  const filled = new Map<number, number>();
  let last: number | undefined;
  for (let time = from; time < to; time += period) {
    last = points.get(time) ?? last;
    if (last !== undefined) filled.set(time, last);
  }
  return filled;
}

function interpolated({ points, period }: TimeSeries, { grid: { from, to }, budget }: Call): Points {
  spend(budget, (to - from) / period);
  const known = [...points];
  const filled = new Map<number, number>();
  for (let time = from, next = 0; time < to; time += period) {
    while (next < known.length && known[next]![0] < time) next++;
    const [before, after] = [known[next - 1], known[next]];
    if (after?.[0] === time) filled.set(time, after[1]);
    else if (before && after) {
      filled.set(time, before[1] + ((after[1] - before[1]) * (time - before[0])) / (after[0] - before[0]));
    }
  }
  return filled;
}

async function metrics({ args }: CallNode, world: World): Promise<Value> {
  const [part] = args;
  if (args.length > 1 || (part && part.kind !== 'string')) return wrong('METRICS takes no argument or a string');
  return many(await world.metrics(part?.kind === 'string' ? part.text : ''));
}

async function insight({ args }: CallNode, world: World): Promise<Value> {
  const [rule, metric] = args.map(wordIn);
  if (rule === undefined || metric === undefined || args.length !== 2) {
    return wrong('INSIGHT_RULE_METRIC takes the name of a rule and a metric');
  }
  return one(await world.insight(rule, metric));
}

const wordIn = (node: Node) => (node.kind === 'string' ? node.text : node.kind === 'name' ? node.name : undefined);

async function period({ args }: CallNode, world: World): Promise<Value> {
  const [metric] = args;
  const seconds = args.length === 1 && metric?.kind === 'name' ? world.periodOf(metric.name) : undefined;
  return seconds === undefined ? wrong('PERIOD takes a metric') : scalar(seconds);
}

async function search({ args }: CallNode, world: World): Promise<Value> {
  const [text, stat, seconds] = args;
  if (text?.kind !== 'string' || stat?.kind !== 'string' || args.length > 3) {
    return wrong('SEARCH takes a search expression, a statistic and a period');
  }
  const period = seconds?.kind === 'number' ? seconds.value : undefined;
  if (seconds && (period === undefined || !isPeriod(period))) {
    return wrong('The period of SEARCH is 1, 5, 10, 20, 30 or a multiple of 60');
  }
  return many(await world.search(text.text, stat.text, period));
}

async function band({ args }: CallNode, world: World): Promise<Value> {
  const [of, deviations] = args;
  if (!of || args.length > 2) return wrong('ANOMALY_DETECTION_BAND takes a time series and a number');
  if (of.kind !== 'name') return wrong('ANOMALY_DETECTION_BAND takes the id of a metric or of an expression');
  const value = await evaluate(of, world);
  if (value.kind !== 'series') return wrong('ANOMALY_DETECTION_BAND takes a single time series');
  const width = deviations ? scalarIn([await evaluate(deviations, world)], 0) : DEVIATIONS;
  if (!(width > 0)) return wrong('The number of standard deviations must be greater than 0');
  return many(await world.band(of.name, value.series, width));
}

const KEYS = new Set(['AVG', 'MIN', 'MAX', 'SUM']);

async function sort({ args }: CallNode, world: World): Promise<Value> {
  const [what, by, order, limit] = args;
  if (!what || by?.kind !== 'name' || !KEYS.has(by.name) || args.length > 4) {
    return wrong('SORT takes an array of time series, AVG, MIN, MAX or SUM, and ASC or DESC');
  }
  if (order?.kind !== 'name' || !['ASC', 'DESC'].includes(order.name)) return wrong('The sort order is ASC or DESC');
  const { grid, budget } = world;
  const all = arrayIn([await evaluate(what, world)], 0);
  const keyed = all.map((series) => {
    const key = FUNCTIONS[by.name]!({ args: [one(series)], grid, budget });
    return { series, key: series.points.size === 0 || key.kind !== 'scalar' ? undefined : key.value };
  });
  const sign = order.name === 'ASC' ? 1 : -1;
  keyed.sort(
    (a, b) => Number(a.key === undefined) - Number(b.key === undefined) || sign * ((a.key ?? 0) - (b.key ?? 0)),
  );
  const most = limit ? scalarIn([await evaluate(limit, world)], 0) : keyed.length;
  return many(keyed.slice(0, most).map(({ series }) => series));
}
