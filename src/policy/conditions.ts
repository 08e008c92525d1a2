// Conditions: operator, qualifier, IfExists, key and values, compiled once; and what holds when the key is missing.
//
// | key missing       | plain | IfExists |
// | positive operator | false | true     |
// | negated operator  | true  | true     |
// | ForAllValues      | true  | true     |
// | ForAnyValue       | false | true     |
//
// A negated operator without qualifier holds when no value of the policy matches (NOR). ForAllValues holds when
// every value of the request does, ForAnyValue when some value does; a negated operator is asked value by value. An
// empty list and, for ForAllValues and Null, an empty string count as no value (IAM User Guide, Condition
// operators: null dataset).

import { type ContextValue, foundAt, type Key, keyOf, type RequestContext } from './context.ts';
import { type Operator, operators, type Prepared } from './operators.ts';

type Qualifier = 'none' | 'ForAllValues' | 'ForAnyValue';

export interface Condition {
  /** The operator as the policy writes it, e.g. `ForAnyValue:StringLikeIfExists`. */
  readonly operator: string;
  readonly key: Key;
  readonly wanted: readonly string[];
  readonly holds: (context: RequestContext) => boolean;
}

/** Compiles one operator, key and its values; undefined when there is no such operator. */
export function conditionOf(
  written: string,
  name: string,
  wanted: readonly string[],
  variables: boolean,
): Condition | undefined {
  const parsed = parseOperator(written);
  if (!parsed) return undefined;
  const key = keyOf(name);
  if (parsed === 'Null') return { operator: written, key, wanted, holds: nullTest(key, wanted) };
  const values = wanted.map((value) => parsed.operator.prepare(value, variables));
  return { operator: written, key, wanted, holds: valueTest(parsed, key, values) };
}

interface ParsedOperator {
  readonly operator: Operator;
  readonly qualifier: Qualifier;
  readonly ifExists: boolean;
}

const parsedOperators = new Map<string, ParsedOperator | 'Null'>();
const parsedOperatorsMax = 1000;

/** Takes an operator name apart; names are taken in any case. Undefined when there is no such operator. */
export function parseOperator(written: string): ParsedOperator | 'Null' | undefined {
  const found = parsedOperators.get(written);
  if (found) return found;
  const parsed = takeApart(written.toLowerCase());
  if (parsed && parsedOperators.size < parsedOperatorsMax) parsedOperators.set(written, parsed);
  return parsed;
}

function takeApart(lower: string): ParsedOperator | 'Null' | undefined {
  if (lower === 'null') return 'Null';
  let qualifier: Qualifier = 'none';
  if (lower.startsWith('forallvalues:')) qualifier = 'ForAllValues';
  if (lower.startsWith('foranyvalue:')) qualifier = 'ForAnyValue';
  const name = qualifier === 'none' ? lower : lower.slice(qualifier.length + 1);
  const ifExists = name.endsWith('ifexists');
  const operator = operators.get(ifExists ? name.slice(0, -8) : name);
  return operator && { operator, qualifier, ifExists };
}

function nullTest(key: Key, wanted: readonly string[]): Condition['holds'] {
  const whenNull = wanted.some((value) => value.toLowerCase() === 'true');
  const whenPresent = wanted.some((value) => value.toLowerCase() === 'false');
  return (context) => (isEmpty(foundAt(context, key)) ? whenNull : whenPresent);
}

function valueTest(parsed: ParsedOperator, key: Key, values: readonly Prepared[]): Condition['holds'] {
  const { operator, qualifier, ifExists } = parsed;
  const { negated } = operator;
  const whenMissing = ifExists || qualifier === 'ForAllValues' || (negated && qualifier === 'none');
  if (qualifier === 'none') {
    return (context) => {
      const found = foundAt(context, key);
      if (found === undefined) return whenMissing;
      if (typeof found === 'string') return anyMatches(operator, values, found, context) !== negated;
      if (found.length === 0) return whenMissing;
      return found.some((value) => anyMatches(operator, values, value, context)) !== negated;
    };
  }
  const all = qualifier === 'ForAllValues';
  return (context) => {
    const found = foundAt(context, key);
    if (found === undefined || (all ? isEmpty(found) : typeof found !== 'string' && found.length === 0))
      return whenMissing;
    const test = (value: string) => anyMatches(operator, values, value, context) !== negated;
    if (typeof found === 'string') return test(found);
    return all ? found.every(test) : found.some(test);
  };
}

function anyMatches(operator: Operator, values: readonly Prepared[], found: string, context: RequestContext): boolean {
  for (let i = 0; i < values.length; i++) {
    if (operator.test(values[i], found, context)) return true;
  }
  return false;
}

function isEmpty(found: ContextValue | undefined): boolean {
  return found === undefined || found.length === 0 || (found.length === 1 && found[0] === '');
}
