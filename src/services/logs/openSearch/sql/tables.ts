/**
 * What stands after FROM: a log group, ``logGroups(…) filterIndex(…)`` in backticks, or a SELECT in parentheses.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_SQL.md
 */
import { valuesWanted, type Wanted, wantedAt } from '../../insights/filterIndex.ts';
import { need, peekWord, quoted, type Scanner, sign, word, wrong } from '../../insights/scanner.ts';
import { nameAt, type Selection, sourcesAt } from '../../insights/selection.ts';
import { filter, type Stage } from '../../insights/stages.ts';
import type { Scope, Subquery } from '../syntax.ts';
import { aliasAt } from './select.ts';

export interface Table {
  readonly selection: Selection;
  readonly wanted: readonly Wanted[];
  /** What makes its rows of events. */
  readonly stages: readonly Stage[];
  readonly query?: Subquery | undefined;
  /** What its fields may be called by. */
  readonly alias: string;
}

const GROUPS_MAX = 50;

export function tableAt(scope: Scope): Table {
  const { scanner } = scope;
  if (sign(scanner, '(')) {
    if (peekWord(scanner) !== 'select') wrong(scanner);
    const query = scope.subquery();
    const { plan } = query;
    const alias = aliasAt(scope) ?? '';
    return { selection: plan.selection!, wanted: plan.wanted, stages: plan.stages, query, alias };
  }
  const start = scanner.at;
  if (sign(scanner, '`') && isSelector(scanner)) {
    const found = selectorsAt(scanner);
    return { ...found, alias: aliasAt(scope) ?? '' };
  }
  scanner.at = start;
  const name = nameAt(scanner);
  return { selection: naming([name]), wanted: [], stages: [], alias: aliasAt(scope) ?? name };
}

const naming = (names: readonly string[]): Selection => ({
  names,
  prefixes: [],
  classes: ['STANDARD'],
  accounts: [],
  tags: [],
});

const SELECTORS = new Set(['loggroups', 'filterindex', 'datasource']);

const isSelector = (scanner: Scanner): boolean => {
  const name = peekWord(scanner);
  return SELECTORS.has(name) && /^\s*\(/.test(scanner.text.slice(scanner.at + name.length, scanner.at + 100));
};

/** All of them must fit. */
function selectorsAt(scanner: Scanner): Pick<Table, 'selection' | 'wanted' | 'stages'> {
  const names: string[] = [];
  const wanted: Wanted[] = [];
  let sources: string[] | undefined;
  while (!sign(scanner, '`')) {
    if (word(scanner, 'loggroups')) names.push(...identifiersAt(scanner));
    else if (word(scanner, 'filterindex')) wanted.push(...conditionsAt(scanner));
    else if (word(scanner, 'datasource')) sources = sourcesAt(scanner);
    else wrong(scanner);
    sign(scanner, ',');
  }
  const selection = { ...naming(names), ...(sources && { sources }) };
  return { selection, wanted, stages: wanted.map((each) => filter(valuesWanted(each))) };
}

function identifiersAt(scanner: Scanner): string[] {
  need(scanner, '(');
  const member = peekWord(scanner);
  if (!['loggroupidentifier', 'loggroupidentifiers'].includes(member)) wrong(scanner);
  scanner.at += member.length;
  need(scanner, ':');
  need(scanner, '[');
  const names: string[] = [];
  do names.push(quoted(scanner) ?? wrong(scanner));
  while (sign(scanner, ','));
  need(scanner, ']');
  need(scanner, ')');
  return names.length > GROUPS_MAX ? wrong(scanner, `at most ${GROUPS_MAX} log groups may be named`) : names;
}

function conditionsAt(scanner: Scanner): Wanted[] {
  need(scanner, '(');
  const conditions: Wanted[] = [];
  do conditions.push(wantedAt(scanner, quoted(scanner)));
  while (sign(scanner, ','));
  need(scanner, ')');
  return conditions;
}
