/**
 * What one value of an event is held against: the operators of the pattern language, a row each. Reading a test also
 * says which texts a value must begin with, end with or be, where it does: by these a set of rules is indexed.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
import { blockOf, isInBlock } from './addresses.ts';
import { InvalidPattern } from './text.ts';
import { matchesWildcard, type Wildcard, wildcardOf } from './wildcards.ts';

export type Scalar = string | number | boolean | null;

/** What a value has that passes a test: it is this, begins or ends with this, or is this in small letters. */
export interface Mark {
  readonly kind: 'is' | 'begins' | 'ends' | 'small';
  readonly value: Scalar;
}

export interface ValueTest {
  readonly passes: (value: Scalar) => boolean;
  /** Absent: a value that passes has nothing of which an index could be made. */
  readonly mark?: Mark;
}

/** A member of a list in a pattern: a value, or an operator. `exists` is about the field, not about a value. */
export type FieldTest = ValueTest | 'exists' | 'absent';

/** Throws InvalidPattern. */
export function fieldTest(item: unknown): FieldTest {
  if (!isObject(item)) {
    if (Array.isArray(item)) throw new InvalidPattern('Match value must be String, number, true, false, or null');
    const value = item as Scalar;
    return { passes: (other) => other === value, mark: { kind: 'is', value } };
  }
  const [name, operand] = onlyEntry(item, 'Match expression name not found');
  if (name === 'exists') {
    if (typeof operand !== 'boolean') throw new InvalidPattern('exists match pattern must be either true or false.');
    return operand ? 'exists' : 'absent';
  }
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (!operator) throw new InvalidPattern(`Unrecognized match type ${name}`);
  return operator(operand);
}

/** Whether a test needs a wildcard: AWS limits the number of such rules. */
export const hasWildcard = (item: unknown): boolean =>
  isObject(item) && ('wildcard' in item || (isObject(item['anything-but']) && 'wildcard' in item['anything-but']));

type Operator = (operand: unknown) => ValueTest;

const OPERATORS: Readonly<Record<string, Operator>> = {
  exactly: (operand) => {
    const value = text(operand, 'exact match pattern must be a string');
    return { passes: (other) => other === value, mark: { kind: 'is', value } };
  },
  prefix: (operand) => affixed('prefix', operand),
  suffix: (operand) => affixed('suffix', operand),
  'equals-ignore-case': (operand) => {
    const value = small(text(operand, 'equals-ignore-case match pattern must be a string'));
    return { passes: (other) => typeof other === 'string' && small(other) === value, mark: { kind: 'small', value } };
  },
  wildcard: (operand) => {
    const wildcard = wildcardOf(text(operand, 'wildcard match pattern must be a string'));
    const mark = markOf(wildcard);
    return { passes: (other) => typeof other === 'string' && matchesWildcard(wildcard, other), ...(mark && { mark }) };
  },
  cidr: (operand) => {
    const block = blockOf(text(operand, 'prefix match pattern must be a string'));
    return { passes: (other) => typeof other === 'string' && isInBlock(block, other) };
  },
  numeric: (operand) => {
    if (!Array.isArray(operand)) throw new InvalidPattern('Value of numeric must be an array.');
    return numeric(operand);
  },
  'anything-but': anythingBut,
};

const AFFIXES = {
  prefix: { kind: 'begins', has: (value: string, part: string) => value.startsWith(part) },
  suffix: { kind: 'ends', has: (value: string, part: string) => value.endsWith(part) },
} as const;

function affixed(name: keyof typeof AFFIXES, operand: unknown): ValueTest {
  const { kind, has } = AFFIXES[name];
  if (isObject(operand)) {
    const [inner, value] = onlyEntry(operand, `${name} match pattern must be a string`);
    if (inner !== 'equals-ignore-case') throw new InvalidPattern(`Unsupported ${name} match pattern: ${inner}`);
    const part = small(text(value, 'equals-ignore-case match pattern must be a string'));
    return { passes: (other) => typeof other === 'string' && has(small(other), part) };
  }
  const part = text(operand, `${name} match pattern must be a string`);
  return {
    passes: (other) => typeof other === 'string' && has(other, part),
    ...(part !== '' && { mark: { kind, value: part } }),
  };
}

function markOf({ parts }: Wildcard): Mark | undefined {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (parts.length === 1) return { kind: 'is', value: first };
  if (first === '' && last === '') return undefined;
  return first.length >= last.length ? { kind: 'begins', value: first } : { kind: 'ends', value: last };
}

const LIMIT = 5e9;
const HIGH = { '<': true, '<=': false } as const;
const LOW = { '>': true, '>=': false } as const;

/** `["=", 5]`, `[">", 0]`, `[">", 0, "<=", 5]`. */
function numeric(operand: readonly unknown[]): ValueTest {
  const [operator, first, second, last, ...rest] = operand;
  if (typeof operator !== 'string') throw new InvalidPattern(`Invalid member in numeric match: ${told(operator)}`);
  if (operator === '=') {
    const value = number(first, 'Value of equals must be numeric');
    none(operand.slice(2));
    return { passes: (other) => other === value, mark: { kind: 'is', value } };
  }
  if (operator in HIGH) {
    const top = number(first, `Value of ${operator} must be numeric`);
    none(operand.slice(2));
    return between(Number.NEGATIVE_INFINITY, false, top, HIGH[operator as '<']);
  }
  if (!(operator in LOW)) throw new InvalidPattern(`Unrecognized numeric range operator: ${operator}`);
  const bottom = number(first, `Value of ${operator} must be numeric`);
  const open = LOW[operator as '>'];
  if (operand.length === 2) return between(bottom, open, Number.POSITIVE_INFINITY, false);
  if (typeof second !== 'string') throw new InvalidPattern(`Bad value in numeric range: ${told(second)}`);
  if (!(second in HIGH)) throw new InvalidPattern(`Bad numeric range operator: ${second}`);
  const top = number(last, `Value of ${second} must be numeric`);
  if (rest.length > 0) throw new InvalidPattern('Too many terms in numeric range expression');
  if (bottom >= top) throw new InvalidPattern('Bottom must be less than top');
  return between(bottom, open, top, HIGH[second as '<']);
}

function between(low: number, lowOpen: boolean, high: number, highOpen: boolean): ValueTest {
  return {
    passes: (value) =>
      typeof value === 'number' && (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high),
  };
}

function none(rest: readonly unknown[]): void {
  if (rest.length > 0) throw new InvalidPattern('Too many elements in numeric expression');
}

function number(value: unknown, sentence: string): number {
  if (typeof value !== 'number') throw new InvalidPattern(sentence);
  if (Math.abs(value) > LIMIT) throw new InvalidPattern('Value must be between -5.0E9 and 5.0E9, inclusive');
  return value;
}

const BUT_LISTS: Readonly<Record<string, (values: readonly string[]) => (value: string) => boolean>> = {
  prefix: (values) => (value) => values.some((each) => value.startsWith(each)),
  suffix: (values) => (value) => values.some((each) => value.endsWith(each)),
  wildcard: (values) => {
    const wildcards = values.map(wildcardOf);
    return (value) => wildcards.some((each) => matchesWildcard(each, value));
  },
  'equals-ignore-case': (values) => {
    const set = new Set(values.map(small));
    return (value) => set.has(small(value));
  },
};

function anythingBut(operand: unknown): ValueTest {
  if (isObject(operand)) {
    const [name, inner] = onlyEntry(operand, 'Anything-But expression name not found');
    const make = Object.hasOwn(BUT_LISTS, name) ? BUT_LISTS[name] : undefined;
    if (!make) throw new InvalidPattern(`Unsupported anything-but pattern: ${name}`);
    const found = make(butTexts(name, inner));
    return { passes: (value) => typeof value !== 'string' || !found(value) };
  }
  if (Array.isArray(operand)) return allBut(operand);
  if (typeof operand !== 'string' && typeof operand !== 'number') {
    throw new InvalidPattern('Value of anything-but must be an array or single string/number value.');
  }
  return allBut([operand]);
}

function allBut(values: readonly unknown[]): ValueTest {
  const types = new Set(values.map((value) => typeof value));
  if (![...types].every((type) => type === 'string' || type === 'number')) {
    throw new InvalidPattern('Inside anything but list, start|null|boolean is not supported.');
  }
  if (types.size !== 1) {
    throw new InvalidPattern(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    );
  }
  const set = new Set(values as readonly Scalar[]);
  return { passes: (value) => !set.has(value) };
}

function butTexts(name: string, operand: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (values.every((value) => typeof value === 'string') && values.length > 0) {
    if (name !== 'equals-ignore-case' && values.includes('')) throw new InvalidPattern(`Null ${name} not allowed`);
    return values;
  }
  throw new InvalidPattern(`Inside anything-but/${name} list, number|start|null|boolean is not supported.`);
}

const small = (value: string) => value.toLowerCase();
/** As a list that ends is told. */
const told = (value: unknown) =>
  value === undefined ? ']' : typeof value === 'object' && value !== null ? '[' : String(value);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function onlyEntry(value: Record<string, unknown>, missing: string): readonly [name: string, operand: unknown] {
  const entries = Object.entries(value);
  if (entries.length === 0) throw new InvalidPattern(missing);
  if (entries.length > 1) throw new InvalidPattern('Only one key allowed in match expression');
  return entries[0]!;
}

function text(value: unknown, sentence: string): string {
  if (typeof value !== 'string') throw new InvalidPattern(sentence);
  return value;
}
