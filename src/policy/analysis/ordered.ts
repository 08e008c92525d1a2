// Numbers, points in time and addresses: values on a line. A condition on them changes its answer only at the values
// that it names, so a set of conditions is decided by asking about each named value, its neighbours, and a value
// between each two: the end points of all intervals that there can be.

import { contextOf } from '../context.ts';
import { type Operator, operators, type Prepared } from '../operators.ts';
import { type IpRange, readDate, readIpRange, readNumber } from '../values.ts';
import { type Budget, spend } from './automata.ts';

export type Line = 'number' | 'date' | 'address';

/** One condition: the value satisfies the operator for some wanted value, or, negated, for none. */
export interface OrderedTest {
  readonly line: Line;
  readonly operator: Operator;
  readonly wanted: readonly string[];
  readonly prepared: readonly Prepared[];
  readonly negated: boolean;
}

const lines: Readonly<Record<string, Line>> = { numeric: 'number', date: 'date', ip: 'address', notip: 'address' };

/** The line that an operator's values lie on; undefined for operators on texts. */
export function lineOf(operator: Operator): Line | undefined {
  const found = /^(numeric|date|ip|notip)/.exec(operator.name.toLowerCase());
  return found?.[1] === undefined ? undefined : lines[found[1]];
}

export function orderedTest(operator: Operator, wanted: readonly string[]): OrderedTest | undefined {
  const line = lineOf(operator);
  if (!line) return undefined;
  const prepared = wanted.map((value) => operator.prepare(value, false));
  return { line, operator, wanted, prepared, negated: operator.negated };
}

/** The test that an address lies in one of the ranges. */
export function addressTest(ranges: readonly string[]): OrderedTest | undefined {
  const operator = operators.get('ipaddress');
  return operator && orderedTest(operator, ranges);
}

const nothing = contextOf({});

/** A value that all tests accept; undefined when there is none. All tests are on one line. Throws AnalysisBound. */
export function valueOn(line: Line, tests: readonly OrderedTest[], budget: Budget): string | undefined {
  const wanted = new Set(tests.flatMap((test) => test.wanted));
  const candidates = candidatesOn[line]([...wanted]);
  return candidates.find((text) => {
    spend(budget, wanted.size);
    return tests.every((test) => accepts(test, text));
  });
}

function accepts({ operator, prepared, negated }: OrderedTest, text: string): boolean {
  return prepared.some((value) => operator.test(value, text, nothing)) !== negated;
}

const candidatesOn: Readonly<Record<Line, (wanted: readonly string[]) => readonly string[]>> = {
  number: (wanted) => {
    const points = sorted(wanted.map(readNumber));
    if (points.length === 0) return ['1'];
    const [first = 0, last = first] = [points[0], points[points.length - 1]];
    const between = points.slice(1).map((point, i) => ((points[i] ?? point) + point) / 2);
    const steps = points.flatMap((point) => [point - 1, point + 1]);
    return [...points, ...steps, first - Math.abs(first), last + Math.abs(last), ...between].map(String);
  },
  date: (wanted) => {
    const points = sorted(wanted.map(readDate));
    if (points.length === 0) return ['2026-01-01T00:00:00Z'];
    return points.flatMap((point) => [point, point + 1000, point - 1000, point + 1, point - 1]).map(dateText);
  },
  address: (wanted) => {
    const ranges = wanted.map(readIpRange).filter((range) => range !== undefined);
    return [...ranges.flatMap(aroundRange), ...usualAddresses];
  },
};

const usualAddresses = [
  '203.0.113.10',
  '8.8.8.8',
  '10.0.0.1',
  '2001:db8::1',
  '0.0.0.0',
  '255.255.255.255',
  '::',
  'ffff::',
];

function sorted(points: readonly (number | undefined)[]): number[] {
  return points.filter((point) => point !== undefined).sort((a, b) => a - b);
}

const datesMax = 8.64e15;

/** A date of four-digit years; any other point in time as epoch seconds. */
function dateText(time: number): string {
  const text = Math.abs(time) < datesMax ? new Date(time).toISOString() : '';
  return /^[0-9]{4}-/.test(text) ? text : String(time / 1000);
}

/** A range's first and last address, and their neighbours outside. */
function aroundRange({ groups, bits }: IpRange): string[] {
  const width = BigInt(groups.length * 16);
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  const size = 1n << (width - BigInt(bits));
  const first = value - (value % size);
  const all = [first, first + size - 1n, first - 1n, first + size];
  return all.filter((point) => point >= 0n && point >> width === 0n).map((point) => addressText(point, groups.length));
}

function addressText(value: bigint, count: number): string {
  const groups = Array.from({ length: count }, (_, i) => Number((value >> BigInt((count - 1 - i) * 16)) & 0xffffn));
  if (count === 2) return groups.flatMap((group) => [group >> 8, group & 255]).join('.');
  return groups.map((group) => group.toString(16)).join(':');
}
