/** `stats aggregate [as name], … [by [span(field, size),] field, …]`, and `eventstats`, which keeps the rows. */
import type { AggregateMaker } from '../../insights/aggregates.ts';
import type { Aggregates, Evaluate } from '../../insights/expressions.ts';
import { floorTo, type Period } from '../../insights/periods.ts';
import { type Row, sizeOf, withFields } from '../../insights/records.ts';
import { need, numberAt, sign, skip, textSince, word, wrong } from '../../insights/scanner.ts';
import { handOn, type Named, type Stage, stats } from '../../insights/stages.ts';
import { numberOf, type Value } from '../../insights/values.ts';
import { aggregating } from '../aggregating.ts';
import { compiled } from '../compile.ts';
import { expressionAt } from '../expressions.ts';
import { callsIn } from '../syntax.ts';
import { moment, said, timeOf } from '../values.ts';
import { named } from './commands.ts';
import { add, compiling, evaluate, type Pipe } from './pipe.ts';

interface Statistics {
  readonly aggregates: Aggregates;
  readonly columns: readonly Named[];
  readonly by: readonly Named[];
}

export function statsAt(pipe: Pipe): void {
  const { aggregates, columns, by } = statisticsAt(pipe);
  pipe.stages.push(stats({ by, columns, aggregates }));
  pipe.shown = [...columns, ...by].map(([name]) => name);
  pipe.joined = undefined;
  pipe.statsCount++;
  pipe.ordered = true;
}

/** AWS knows no `count()` there. */
export function eventStatsAt(pipe: Pipe): void {
  const start = pipe.scope.scanner.at;
  const { aggregates, columns, by } = statisticsAt(pipe, (name) => {
    if (name === 'count') wrong(pipe.scope.scanner, 'eventstats does not support count', start);
  });
  pipe.stages.push(eventStats(aggregates, columns, by));
  for (const [name] of columns) add(pipe, name);
}

function statisticsAt(pipe: Pipe, check: (name: string) => void = () => undefined): Statistics {
  const { scanner } = pipe.scope;
  const collected = aggregating(compiling(pipe));
  const columns: Named[] = [];
  do {
    skip(scanner);
    const start = scanner.at;
    const node = expressionAt(pipe.scope);
    const text = textSince(scanner, start).replaceAll('`', '');
    for (const { name } of callsIn(node)) check(name);
    const field = (name: string) => wrong(scanner, `${name} is no aggregate`, start);
    const value = compiled(node, { scope: pipe.scope, known: collected.known, field });
    columns.push([word(scanner, 'as') ? named(pipe) : text, value]);
  } while (sign(scanner, ','));
  return { aggregates: collected.aggregates, columns, by: word(scanner, 'by') ? keysAt(pipe) : [] };
}

/** A span goes before all others. */
function keysAt(pipe: Pipe): Named[] {
  const { scanner } = pipe.scope;
  const spans: Named[] = [];
  const keys: Named[] = [];
  do {
    skip(scanner);
    const start = scanner.at;
    const span = word(scanner, 'span');
    const value = span ? spanAt(pipe) : evaluate(pipe, expressionAt(pipe.scope));
    const text = textSince(scanner, start).replaceAll('`', '');
    (span ? spans : keys).push([word(scanner, 'as') ? named(pipe) : text, value]);
  } while (sign(scanner, ','));
  if (spans.length > 1) wrong(scanner, 'there may be one span');
  return [...spans, ...keys];
}

const UNIT = /ms|mo|[smhdwMqy]/y;
const UNITS: Readonly<Record<string, Period['unit']>> = { M: 'mo' };

/** `(value, 10)` or `(time, 1h)`; `m` is a minute and `M` a month. */
function spanAt(pipe: Pipe): Evaluate {
  const { scanner } = pipe.scope;
  need(scanner, '(');
  const value = evaluate(pipe, expressionAt(pipe.scope));
  need(scanner, ',');
  const start = scanner.at;
  const size = numberAt(scanner) ?? wrong(scanner);
  UNIT.lastIndex = scanner.at;
  const unit = UNIT.exec(scanner.text)?.[0];
  if (size <= 0 || (unit !== undefined && !Number.isInteger(size))) wrong(scanner, 'a span is above zero', start);
  scanner.at += unit?.length ?? 0;
  need(scanner, ')');
  if (unit === undefined) return (row) => flooredNumber(value(row), size);
  const period: Period = { count: Math.min(size, 10_000), unit: UNITS[unit] ?? (unit as Period['unit']) };
  return (row) => {
    const ms = timeOf(value(row));
    return ms === undefined ? null : moment(floorTo(period, ms));
  };
}

function flooredNumber(value: Value, size: number): Value {
  const number = numberOf(value);
  return number === undefined ? null : Math.floor(number / size) * size;
}

interface Group {
  readonly aggregates: readonly ReturnType<AggregateMaker>[];
}

const GROUPS_MAX = 100_000;

function eventStats(aggregates: Aggregates, columns: readonly Named[], by: readonly Named[]): Stage {
  return (next, budget) => {
    const groups = new Map<string, Group>();
    const rows: (readonly [row: Row, group: Group])[] = [];
    function* told(): Generator<Row> {
      for (const [row, group] of rows) {
        aggregates.results = group.aggregates.map((aggregate) => aggregate.result());
        yield withFields(
          row,
          columns.map(([name, value]) => [name, value(row)]),
        );
      }
    }
    return {
      push(row) {
        const key = JSON.stringify(by.map(([, value]) => said(value(row)) ?? null));
        let group = groups.get(key);
        if (!group) {
          budget.take(2 * key.length + 300, groups.size < GROUPS_MAX);
          group = { aggregates: aggregates.makers.map((maker) => maker(budget)) };
          groups.set(key, group);
        }
        for (const aggregate of group.aggregates) aggregate.add(row);
        budget.take(sizeOf(row));
        rows.push([row, group]);
        return true;
      },
      async end() {
        await handOn(told(), next.push, budget);
        await next.end();
      },
    };
  };
}
