/**
 * Rules of Contributor Insights: which events of a log they want, who contributed them, and how much.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContributorInsights-RuleSyntax.html
 */

export interface ContributorRule {
  /** Names of log groups; with `*` at its end, beginnings of names. */
  readonly groups: readonly string[];
  /** As the rule names its keys. */
  readonly labels: readonly string[];
  readonly aggregate: 'Count' | 'Sum';
  /** What an event contributes; undefined where the rule does not want it. */
  readonly read: (message: string) => Contribution | undefined;
}

export interface Contribution {
  readonly keys: readonly string[];
  readonly value: number;
}

/** What is wrong with a rule, in a sentence. */
export class RuleError extends Error {}

function wrong(sentence: string): never {
  throw new RuleError(sentence);
}

const PARTS_MAX = 4;
const VALUES_MAX = 10;

type Json = Readonly<Record<string, unknown>>;
/** The text of a field of one event; undefined where the event lacks it. */
type Reader = (event: unknown) => string | undefined;

export function compileContributorRule(text: string): ContributorRule {
  const rule = objectIn(text);
  const { Name, Version } = (rule.Schema ?? {}) as Json;
  if (Name !== 'CloudWatchLogRule' || Version !== 1) {
    wrong('Schema must be {"Name": "CloudWatchLogRule", "Version": 1}');
  }
  const format = rule.LogFormat;
  if (format !== 'JSON' && format !== 'CLF') return wrong('LogFormat must be JSON or CLF');
  const contribution = (rule.Contribution ?? {}) as Json;
  // AWS's own examples have AggregateOn in either place.
  const aggregate = rule.AggregateOn ?? contribution.AggregateOn ?? 'Count';
  if (aggregate !== 'Count' && aggregate !== 'Sum') return wrong('AggregateOn must be Count or Sum');
  const reader = format === 'JSON' ? jsonReader : clfReader(rule.Fields);
  const labels = texts(contribution.Keys, 'Contribution.Keys', PARTS_MAX);
  const keys = labels.map(reader);
  const { ValueOf, Filters = [] } = contribution;
  if (ValueOf !== undefined && aggregate === 'Count') wrong('ValueOf goes with AggregateOn Sum only');
  const value = ValueOf === undefined ? undefined : reader(textOf(ValueOf, 'Contribution.ValueOf'));
  if (!Array.isArray(Filters) || Filters.length > PARTS_MAX) wrong('Contribution.Filters may have 4 members');
  const tests = (Filters as unknown[]).map((filter) => testOf(filter, reader));
  const parse = format === 'JSON' ? parsed : clfFields;
  const read = (message: string) => contributionIn(parse(message), { keys, value, tests });
  return { groups: groupsOf(rule), labels, aggregate, read };
}

function objectIn(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Not JSON.
  }
  return wrong('the rule definition is not a JSON object');
}

const textOf = (value: unknown, name: string): string =>
  typeof value === 'string' && value !== '' ? value : wrong(`${name} must be a string`);

function texts(value: unknown, name: string, max: number): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > max) wrong(`${name} must have 1 to ${max} members`);
  return (value as unknown[]).map((each) => textOf(each, name));
}

const GROUP = /^[\w./#-]{1,512}\*?$/;
const GROUP_ARN = /^arn:[\w-]+:logs:[a-z0-9-]+:(?:\d{12}|\*):log-group[:/]([\w./#-]{1,512}\*?)$/;

function groupsOf({ LogGroupNames, LogGroupARNs }: Json): string[] {
  if ((LogGroupNames === undefined) === (LogGroupARNs === undefined)) {
    wrong('either LogGroupNames or LogGroupARNs must be given');
  }
  const isNamed = LogGroupNames !== undefined;
  const name = isNamed ? 'LogGroupNames' : 'LogGroupARNs';
  return texts(LogGroupNames ?? LogGroupARNs, name, Number.POSITIVE_INFINITY).map((each) => {
    const group = isNamed ? GROUP.exec(each)?.[0] : GROUP_ARN.exec(each)?.[1];
    return group ?? wrong(`${each} names no log group`);
  });
}

const PATH = /^\$((\.[A-Za-z_@][\w@:-]*)(\[\d{1,4}\])*)+$/;

/** `$.users[1].name` */
function jsonReader(path: string): Reader {
  if (!PATH.test(path)) return wrong(`${path} is no JSON property such as $.userIdentity.arn`);
  const steps = [...path.matchAll(/\.([^.[]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index));
  return (event) => {
    let value = event;
    for (const step of steps) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string | number, unknown>)[step];
    }
    return typeof value === 'object' || value === undefined ? undefined : String(value);
  };
}

function parsed(message: string): unknown {
  const text = message.trimStart();
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Fields of the common log format: apart by spaces, but for what stands in quotes or brackets. Counted from 1. */
const clfFields = (message: string): readonly string[] =>
  Array.from(message.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g), ([, quoted, bracketed, plain]) => {
    return quoted ?? bracketed ?? plain ?? '';
  });

function clfReader(fields: unknown): (name: string) => Reader {
  const places = new Map<string, number>();
  for (const [place, name] of Object.entries((fields ?? {}) as Json)) {
    if (!/^[1-9]\d{0,2}$/.test(place)) wrong(`${place} is no place of a field`);
    places.set(textOf(name, 'Fields'), Number(place));
  }
  return (name) => {
    const place = places.get(name) ?? (/^[1-9]\d{0,2}$/.test(name) ? Number(name) : undefined);
    if (place === undefined) return wrong(`${name} is no field of the log`);
    return (event) => (event as readonly string[])[place - 1];
  };
}

type Test = (event: unknown) => boolean;

const AMONG: Readonly<Record<string, (value: string, wanted: readonly string[]) => boolean>> = {
  In: (value, wanted) => wanted.includes(value),
  NotIn: (value, wanted) => !wanted.includes(value),
  StartsWith: (value, wanted) => wanted.some((head) => value.startsWith(head)),
};

const NUMERIC: Readonly<Record<string, (value: number, wanted: number) => boolean>> = {
  GreaterThan: (value, wanted) => value > wanted,
  LessThan: (value, wanted) => value < wanted,
  EqualTo: (value, wanted) => value === wanted,
  NotEqualTo: (value, wanted) => value !== wanted,
};

function testOf(filter: unknown, reader: (name: string) => Reader): Test {
  const { Match, ...rest } = (filter ?? {}) as Json;
  const field = reader(textOf(Match, 'Match'));
  const [[operator, wanted] = ['', undefined], ...more] = Object.entries(rest);
  if (more.length > 0) wrong('a filter has one operator');
  if (operator === 'IsPresent') {
    if (typeof wanted !== 'boolean') wrong('IsPresent takes true or false');
    return (event) => (field(event) !== undefined) === wanted;
  }
  if (Object.hasOwn(AMONG, operator)) {
    const values = texts(wanted, operator, VALUES_MAX);
    return onField(field, (value) => AMONG[operator]!(value, values));
  }
  if (!Object.hasOwn(NUMERIC, operator)) wrong(`${operator || 'nothing'} is no operator of a filter`);
  if (typeof wanted !== 'number') return wrong(`${operator} takes a number`);
  return onField(field, (value) => {
    const number = numberIn(value);
    return number !== undefined && NUMERIC[operator]!(number, wanted);
  });
}

const onField =
  (field: Reader, test: (value: string) => boolean): Test =>
  (event) => {
    const value = field(event);
    return value !== undefined && test(value);
  };

const numberIn = (text: string): number | undefined =>
  /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text.trim()) ? Number(text) : undefined;

interface Asked {
  readonly keys: readonly Reader[];
  readonly value: Reader | undefined;
  readonly tests: readonly Test[];
}

function contributionIn(event: unknown, { keys, value, tests }: Asked): Contribution | undefined {
  if (event === undefined || !tests.every((test) => test(event))) return undefined;
  const found: string[] = [];
  for (const read of keys) {
    const key = read(event);
    if (key === undefined) return undefined;
    found.push(key);
  }
  const amount = value ? numberIn(value(event) ?? '') : 1;
  return amount === undefined ? undefined : { keys: found, value: amount };
}

/** What somebody contributed in a minute: how many values, their sum, the least and the greatest. */
export type Contributor = readonly [keys: readonly string[], count: number, sum: number, min: number, max: number];

const MINUTE_MS = 60_000;

/** Who contributes by a batch of events, by minute (in seconds). `times` in milliseconds. */
export function contributorsIn(
  rule: ContributorRule,
  { times, messages }: { readonly times: readonly number[]; readonly messages: readonly string[] },
): (readonly [seconds: number, contributors: readonly Contributor[]])[] {
  const minutes = new Map<number, Map<string, Contributor>>();
  for (const [at, message] of messages.entries()) {
    const found = rule.read(message);
    if (!found) continue;
    const seconds = (Math.floor(times[at]! / MINUTE_MS) * MINUTE_MS) / 1000;
    const contributors = minutes.get(seconds) ?? new Map<string, Contributor>();
    minutes.set(seconds, contributors);
    addContributor(contributors, [found.keys, 1, found.value, found.value, found.value]);
  }
  return [...minutes].map(([seconds, all]) => [seconds, [...all.values()]]);
}

export function addContributor(all: Map<string, Contributor>, more: Contributor): void {
  const key = JSON.stringify(more[0]);
  const known = all.get(key);
  all.set(key, known ? joined(known, more) : more);
}

export const joined = (a: Contributor, b: Contributor): Contributor => [
  a[0],
  a[1] + b[1],
  a[2] + b[2],
  Math.min(a[3], b[3]),
  Math.max(a[4], b[4]),
];
