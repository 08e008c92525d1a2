/**
 * OpenSearch PPL as a plan for the stages of Logs Insights.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_PPL.md
 */
import type { Clock } from '../../insights/expressions.ts';
import type { Inner } from '../../insights/inner.ts';
import { type Plan, ROWS_STANDARD } from '../../insights/plan.ts';
import { atEnd, type Scanner, sign, wrong } from '../../insights/scanner.ts';
import { limit } from '../../insights/stages.ts';
import { everyField, shownAs } from '../eventFields.ts';
import { requireOwn, requireSimple, type Subquery } from '../syntax.ts';
import { commandAt } from './commands.ts';
import { fieldIn, type Pipe, settle, titleOf } from './pipe.ts';
import { sourceAt } from './source.ts';

const SPACE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const COMMANDS_MAX = 100;
const NESTED_MAX = 3;

/** @throws MalformedQueryException */
export function pplPlan(text: string, clock: Clock, limitMax = ROWS_STANDARD): Plan {
  const scanner: Scanner = { text, at: 0, space: new RegExp(SPACE) };
  const isOver = () => atEnd(scanner) || (sign(scanner, ';') && atEnd(scanner));
  return planAt({ scanner, clock, limitMax, depth: 0, count: { queries: 0 }, strangers: new Set() }, isOver);
}

interface Options {
  readonly scanner: Scanner;
  readonly clock: Clock;
  readonly limitMax: number;
  readonly depth: number;
  readonly count: { queries: number };
  readonly strangers: Set<string>;
}

function planAt(options: Options, isOver: () => boolean): Plan {
  const { scanner, limitMax } = options;
  const pipe = emptyPipe(options);
  const sourced = sourceAt(pipe, options.depth > 0);
  for (let commands = 0; !isOver(); commands++) {
    if (commands === COMMANDS_MAX) wrong(scanner, 'the query has too many commands');
    if (!sign(scanner, '|') && (sourced || commands > 0)) wrong(scanner);
    commandAt(pipe);
  }
  settle(pipe, limitMax);
  requireSimple(pipe.selection, pipe.scope);
  requireOwn([...pipe.aliases, ...(pipe.selection?.names ?? [])], pipe.scope);
  return planFrom(pipe, Math.max(limitMax, pipe.rowsMax ?? 0));
}

function emptyPipe(options: Options): Pipe {
  const { scanner, clock, depth, count, strangers } = options;
  const inners: Inner[] = [];
  const subquery = (): Subquery => {
    if (depth >= NESTED_MAX) wrong(scanner, 'the query is nested too deeply');
    const inside = { ...options, limitMax: Number.POSITIVE_INFINITY, depth: depth + 1 };
    return { number: count.queries++, plan: planAt(inside, () => sign(scanner, ']')) };
  };
  return {
    scope: { scanner, language: 'ppl', subquery, clock, inners, strangers, nested: depth > 0, depth: 0, nodes: 0 },
    stages: [],
    wanted: [],
    hints: [],
    filters: 0,
    hidden: new Set(),
    aliases: new Set(),
    qualifiers: new Set(),
    statsCount: 0,
    ordered: false,
    oldestFirst: false,
  };
}

function planFrom(pipe: Pipe, rowsMax: number): Plan {
  const { shown, hidden } = pipe;
  const fields = shown?.map((name) => [titleOf(pipe, name), fieldIn(pipe)(name)] as const);
  return {
    selection: pipe.selection,
    stages: [...pipe.stages, limit(rowsMax)],
    columns: fields?.map(([name]) => name) ?? [],
    output: (row) =>
      fields
        ? fields.map(([name, read]) => [name, shownAs(name, read(row))] as const)
        : [...everyField(row)].filter(([name]) => !hidden.has(name)),
    first: fields?.[0]?.[1],
    ofEvents: false,
    oldestFirst: pipe.oldestFirst || pipe.statsCount > 0,
    statsCount: pipe.statsCount,
    rowsMax,
    wanted: pipe.wanted,
    hints: pipe.hints,
    lookups: [],
    inners: pipe.scope.inners,
    unmasks: false,
    estimates: false,
    standardOnly: 'OpenSearch PPL',
  };
}
