/**
 * Filter expressions, compiled once per request.
 * https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Expression.html
 */
import type { CostCategoryValues, DimensionValues, Expression, TagValues } from '@aws-sdk/client-cost-explorer';
import { ValidationFailure } from '../../core/errors.ts';
import { dimensionOf, reportedDimension } from './dimensions.ts';
import type { MeteredRow } from './usage.ts';

export type Predicate = (row: MeteredRow) => boolean;

/** Without an expression every row fits. Throws ValidationFailure, in AWS's words where those are known. */
export function compileFilter(filter: Expression | undefined): Predicate {
  return filter === undefined ? () => true : compile(filter);
}

const ROOTS = ['And', 'Or', 'Not', 'Dimensions', 'Tags', 'CostCategories'] as const;

function compile(expression: Expression): Predicate {
  const roots = ROOTS.filter((root) => expression[root] !== undefined && expression[root] !== null);
  const [root] = roots;
  if (root === undefined || roots.length > 1) {
    throw new ValidationFailure(
      'Expression has zero or more than one roots. Only one root operator is allowed for each expression: ' +
        '"and", "or", "not", "tag" or "dimensionValue"',
    );
  }
  return COMPILERS[root](expression);
}

const COMPILERS: Readonly<Record<(typeof ROOTS)[number], (expression: Expression) => Predicate>> = {
  And: ({ And }) => {
    const parts = operands('And', And);
    return (row) => parts.every((part) => part(row));
  },
  Or: ({ Or }) => {
    const parts = operands('Or', Or);
    return (row) => parts.some((part) => part(row));
  },
  Not: ({ Not }) => {
    const part = compile(Not as Expression);
    return (row) => !part(row);
  },
  Dimensions: ({ Dimensions }) => dimensionFilter(Dimensions as DimensionValues),
  Tags: ({ Tags }) => labelFilter(Tags as TagValues),
  CostCategories: ({ CostCategories }) => labelFilter(CostCategories as CostCategoryValues),
};

function operands(operator: string, list: readonly Expression[] | undefined): Predicate[] {
  if (!list || list.length < 2) throw new ValidationFailure(`${operator} expression must have at least 2 operands`);
  return list.map(compile);
}

function dimensionFilter({ Key, Values, MatchOptions }: DimensionValues): Predicate {
  const name = reportedDimension(Key);
  requireOptions(MatchOptions, DIMENSION_OPTIONS);
  if (!Values || Values.length === 0) throw new ValidationFailure(`Values of dimension ${name} must not be empty.`);
  const wanted = new Set(Values);
  return (row) => wanted.has(dimensionOf(name, row) ?? '');
}

/** API calls carry neither cost allocation tags nor cost categories: only what asks for their absence fits. */
function labelFilter({ Values, MatchOptions }: TagValues | CostCategoryValues): Predicate {
  requireOptions(MatchOptions, LABEL_OPTIONS);
  const absent = !Values || Values.length === 0 || MatchOptions?.includes('ABSENT') || Values.includes('');
  return () => absent === true;
}

/** What GetCostAndUsage documents; the others are for cost category rules and anomaly subscriptions. */
const DIMENSION_OPTIONS = ['EQUALS', 'CASE_SENSITIVE'];
const LABEL_OPTIONS = ['EQUALS', 'ABSENT', 'CASE_SENSITIVE'];

function requireOptions(options: readonly string[] | undefined, allowed: readonly string[]): void {
  const other = options?.find((option) => !allowed.includes(option));
  if (other === undefined) return;
  throw new ValidationFailure(`MatchOption ${other} is not allowed. Valid values are ${allowed.join(', ')}`);
}
