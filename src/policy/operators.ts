// The condition operators as a table: how a policy's value is prepared once, and how a request's value is compared
// with it. Negated operators are their positive twin and a mark; qualifiers, IfExists and missing keys live in
// conditions.ts. Source: IAM User Guide, JSON policy elements: Condition operators.

import type { RequestContext } from './context.ts';
import { matchesCode, splitArn } from './match.ts';
import { contains, type IpRange, readDate, readIpRange, readNumber } from './values.ts';
import { fill, fits, type Template, templateOf } from './variables.ts';

/** A policy's value made ready; `undefined` is one that can match nothing. */
export type Prepared = Template | readonly Template[] | IpRange | number | string | undefined;

export interface Operator {
  readonly name: string;
  readonly negated: boolean;
  /** Prepares a value of the policy. `variables`: whether the document's version has policy variables. */
  readonly prepare: (value: string, variables: boolean) => Prepared;
  /** True when the request's value satisfies the positive form of the operator for one prepared value. */
  readonly test: (prepared: Prepared, found: string, context: RequestContext) => boolean;
}

type Kind = Pick<Operator, 'prepare' | 'test'>;

const exactString: Kind = {
  prepare: (value, variables) => templateOf(value, variables, false),
  test: (prepared, found, context) => fits(prepared as Template, found, context),
};

const anyCaseString: Kind = {
  prepare: (value, variables) => templateOf(value.toLowerCase(), variables, false),
  test: (prepared, found, context) => {
    const template = prepared as Template;
    if (template.pattern) return template.source === found.toLowerCase();
    const code = fill(template, context);
    return code !== undefined && matchesCode(code.toLowerCase(), found.toLowerCase());
  },
};

const likeString: Kind = {
  prepare: (value, variables) => templateOf(value, variables, true),
  test: (prepared, found, context) => fits(prepared as Template, found, context),
};

const boolean: Kind = {
  prepare: (value, variables) => templateOf(value.toLowerCase(), variables, false),
  test: (prepared, found, context) => fits(prepared as Template, found.toLowerCase(), context),
};

const binary: Kind = {
  prepare: (value) => value.replace(/=+$/, ''),
  test: (prepared, found) => prepared === found.replace(/=+$/, ''),
};

const address: Kind = {
  prepare: readIpRange,
  test: (prepared, found) => {
    const range = prepared === undefined ? undefined : readIpRange(found);
    return range !== undefined && contains(prepared as IpRange, range);
  },
};

const arn: Kind = {
  prepare: (value, variables) => splitArnPattern(value, variables).map((field) => templateOf(field, variables, true)),
  test: (prepared, found, context) => arnFits(prepared as readonly Template[], found, context),
};

function ordered(
  read: (text: string) => number | undefined,
  compare: (found: number, wanted: number) => boolean,
): Kind {
  return {
    prepare: read,
    test: (prepared, found) => {
      const value = prepared === undefined ? undefined : read(found);
      return value !== undefined && compare(value, prepared as number);
    },
  };
}

const equal = (a: number, b: number) => a === b;
const less = (a: number, b: number) => a < b;
const lessOrEqual = (a: number, b: number) => a <= b;
const greater = (a: number, b: number) => a > b;
const greaterOrEqual = (a: number, b: number) => a >= b;

const table: readonly (readonly [name: string, negated: boolean, kind: Kind])[] = [
  ['StringEquals', false, exactString],
  ['StringNotEquals', true, exactString],
  ['StringEqualsIgnoreCase', false, anyCaseString],
  ['StringNotEqualsIgnoreCase', true, anyCaseString],
  ['StringLike', false, likeString],
  ['StringNotLike', true, likeString],
  ['NumericEquals', false, ordered(readNumber, equal)],
  ['NumericNotEquals', true, ordered(readNumber, equal)],
  ['NumericLessThan', false, ordered(readNumber, less)],
  ['NumericLessThanEquals', false, ordered(readNumber, lessOrEqual)],
  ['NumericGreaterThan', false, ordered(readNumber, greater)],
  ['NumericGreaterThanEquals', false, ordered(readNumber, greaterOrEqual)],
  ['DateEquals', false, ordered(readDate, equal)],
  ['DateNotEquals', true, ordered(readDate, equal)],
  ['DateLessThan', false, ordered(readDate, less)],
  ['DateLessThanEquals', false, ordered(readDate, lessOrEqual)],
  ['DateGreaterThan', false, ordered(readDate, greater)],
  ['DateGreaterThanEquals', false, ordered(readDate, greaterOrEqual)],
  ['Bool', false, boolean],
  ['BinaryEquals', false, binary],
  ['IpAddress', false, address],
  ['NotIpAddress', true, address],
  ['ArnEquals', false, arn],
  ['ArnLike', false, arn],
  ['ArnNotEquals', true, arn],
  ['ArnNotLike', true, arn],
];

/** Operators by lower-case name. `Null` is not here: it asks about the key, not its value. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  table.map(([name, negated, kind]) => [name.toLowerCase(), { name, negated, ...kind }]),
);

/**
 * Each of the six fields is matched apart. A shorter pattern matches only when its last * may run past the colon, as
 * `*` and `arn:aws:sns:*` do.
 */
function arnFits(patterns: readonly Template[], found: string, context: RequestContext): boolean {
  const short = patterns.length < 6;
  const last = patterns[patterns.length - 1];
  if (short && !last?.source.endsWith('*')) return false;
  const fields = splitArn(found);
  if (fields.length < 6) return patterns.length === 1 && last?.source === '*';
  for (let i = 0; i < patterns.length; i++) {
    const field = short && i === patterns.length - 1 ? fields.slice(i).join(':') : (fields[i] ?? '');
    const pattern = patterns[i];
    if (!pattern || !fits(pattern, field, context)) return false;
  }
  return true;
}

/** The fields of an ARN pattern. A colon within a variable parts nothing; what it brings in stays in its field. */
function splitArnPattern(value: string, variables: boolean): string[] {
  if (!variables || !value.includes('${')) return splitArn(value);
  const fields: string[] = [];
  let from = 0;
  for (let at = 0; at < value.length && fields.length < 5; at++) {
    const close = value.startsWith('${', at) ? value.indexOf('}', at) : -1;
    if (close > 0) at = close;
    else if (value[at] === ':') {
      fields.push(value.slice(from, at));
      from = at + 1;
    }
  }
  return [...fields, value.slice(from)];
}
