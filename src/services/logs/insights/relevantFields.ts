/**
 * `relevantfields [field, …] where condition`: which fields differ most between the rows that meet a condition and
 * those that do not. AWS does not say how it scores: here it is the distance of the two distributions, from 0 to 1 (of
 * numbers the largest difference of the cumulated shares, of texts half the sum of the differences of shares).
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-RelevantFields.html
 */
import { breath } from '../breath.ts';
import type { Budget } from './budget.ts';
import type { Evaluate } from './expressions.ts';
import { discoveredFields, fieldReader, type Row } from './records.ts';
import { handOn, type Stage } from './stages.ts';
import { numberOf, shown, truth, type Value } from './values.ts';

export const RELEVANT_COLUMNS = [
  ...['@fieldName', '@relevanceScore', '@topRelevanceContributors', '@conditionalMedian', '@baselineMedian'],
];

const FIELDS_MAX = 1_000;
/** Values of one field that are told apart; what comes later counts as one. */
const VALUES_MAX = 2_000;
const NUMBERS_MAX = 20_000;
const CONTRIBUTORS = 5;
const LENGTH_MAX = 200;

/** One of the two sets of rows: numbers, thinned out evenly when they are many, and the counts of texts. */
interface Side {
  rows: number;
  numbers: number[];
  every: number;
  readonly counts: Map<string, number>;
}

interface Field {
  readonly condition: Side;
  readonly baseline: Side;
  texts: boolean;
}

const side = (): Side => ({ rows: 0, numbers: [], every: 1, counts: new Map() });

export function relevantFields(names: readonly string[], condition: Evaluate): Stage {
  const reads = names.map((name) => [name, fieldReader(name)] as const);
  const valuesOf = (row: Row): readonly (readonly [string, Value])[] =>
    reads.length > 0 ? reads.map(([name, read]) => [name, read(row)] as const) : everyField(row);
  return (next, budget) => {
    const fields = new Map<string, Field>();
    return {
      push(row) {
        const meets = truth(condition(row));
        for (const [name, value] of valuesOf(row)) {
          const found = fields.get(name) ?? begun(fields, name, budget);
          if (found && value !== null) note(found, meets ? found.condition : found.baseline, value, budget);
        }
        return true;
      },
      async end() {
        const told: { score: number; row: Row }[] = [];
        for (const [name, field] of fields) {
          told.push(scored(name, field));
          await breath();
        }
        told.sort((a, b) => b.score - a.score);
        await handOn(
          told.map(({ row }) => row),
          next.push,
          budget,
        );
        await next.end();
      },
    };
  };
}

const everyField = (row: Row): (readonly [string, Value])[] => [...discoveredFields(row), ...row.made];

function begun(fields: Map<string, Field>, name: string, budget: Budget): Field | undefined {
  if (fields.size >= FIELDS_MAX) return undefined;
  budget.take(1_000);
  const field: Field = { condition: side(), baseline: side(), texts: false };
  fields.set(name, field);
  return field;
}

function note(field: Field, of: Side, value: Value, budget: Budget): void {
  const number = numberOf(value);
  if (number === undefined) field.texts = true;
  else if (of.rows % of.every === 0) {
    budget.take(8);
    of.numbers.push(number);
    if (of.numbers.length > NUMBERS_MAX) {
      of.numbers = of.numbers.filter((_, i) => i % 2 === 0);
      of.every *= 2;
    }
  }
  of.rows++;
  const text = (shown(value) ?? '').slice(0, LENGTH_MAX);
  const count = of.counts.get(text);
  if (count === undefined && of.counts.size >= VALUES_MAX) return;
  if (count === undefined) budget.take(2 * text.length + 100);
  of.counts.set(text, (count ?? 0) + 1);
}

function scored(name: string, field: Field): { score: number; row: Row } {
  const { condition, baseline, texts } = field;
  const empty = condition.rows === 0 || baseline.rows === 0;
  const { score, more } = empty ? { score: 0, more: [] } : texts ? shifts(condition, baseline) : spread(field);
  const made: [string, Value][] = [['@fieldName', name], ['@relevanceScore', score], ...more];
  return { score, row: { made: new Map(made) } };
}

interface Score {
  readonly score: number;
  readonly more: [string, Value][];
}

function shifts(condition: Side, baseline: Side): Score {
  const share = ({ counts, rows }: Side, text: string) => (counts.get(text) ?? 0) / rows;
  const texts = new Set([...condition.counts.keys(), ...baseline.counts.keys()]);
  const changes = [...texts].map((text) => [text, share(condition, text) - share(baseline, text)] as const);
  changes.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const score = Math.min(1, changes.reduce((sum, [, change]) => sum + Math.abs(change), 0) / 2);
  const top = changes.filter(([, change]) => change !== 0).slice(0, CONTRIBUTORS);
  const told = top.map(([value, change]) => ({ value, shift: Number(change.toFixed(4)) }));
  return { score, more: [['@topRelevanceContributors', told]] };
}

function spread({ condition, baseline }: Field): Score {
  const [a, b] = [condition, baseline].map(({ numbers }) => Float64Array.from(numbers).sort()) as [
    Float64Array,
    Float64Array,
  ];
  let score = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= value) i++;
    while (j < b.length && b[j]! <= value) j++;
    score = Math.max(score, Math.abs(i / a.length - j / b.length));
  }
  return {
    score,
    more: [
      ['@conditionalMedian', median(a)],
      ['@baselineMedian', median(b)],
    ],
  };
}

function median(sorted: Float64Array): number {
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2;
}
