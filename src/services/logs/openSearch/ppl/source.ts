/**
 * ``[search] source = `group` [as alias] [condition]`` and ``source = [lg:`group`, `aws:fieldIndex` = "field", …]``.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_PPL.html
 */
import { valuesWanted, type Wanted } from '../../insights/filterIndex.ts';
import { fieldName, need, numberAt, peekWord, type Scanner, sign, word, wrong } from '../../insights/scanner.ts';
import { nameAt, type Selection, SOURCES_MAX } from '../../insights/selection.ts';
import { filter } from '../../insights/stages.ts';
import { expressionAt, textAt } from '../expressions.ts';
import { evaluate, type Pipe } from './pipe.ts';

const GROUPS_MAX = 50;

/** Whether there is one; `must`: there has to be. */
export function sourceAt(pipe: Pipe, must: boolean): boolean {
  const { scanner } = pipe.scope;
  const searches = word(scanner, 'search') || word(scanner, 'subquery');
  if (!word(scanner, 'source')) return searches || must ? wrong(scanner, 'a source is wanted') : false;
  need(scanner, '=');
  pipe.selection = sign(scanner, '[') ? selectorsAt(pipe) : named(groupsAt(scanner));
  if (word(scanner, 'as')) {
    const alias = fieldName(scanner) ?? wrong(scanner);
    pipe.aliases.add(alias);
    pipe.qualifiers.add(alias);
  }
  const rest = scanner.text.slice(scanner.at).trimStart();
  if (rest !== '' && !/^[|\];]/.test(rest)) pipe.stages.push(filter(evaluate(pipe, expressionAt(pipe.scope))));
  return true;
}

const named = (names: readonly string[]): Selection => ({
  names,
  prefixes: [],
  classes: ['STANDARD'],
  accounts: [],
  tags: [],
});

function groupsAt(scanner: Scanner): string[] {
  const names: string[] = [];
  do names.push(nameAt(scanner));
  while (sign(scanner, ','));
  return names.length > GROUPS_MAX ? wrong(scanner, `at most ${GROUPS_MAX} log groups may be named`) : names;
}

/** What stands in brackets: all of it must fit. */
function selectorsAt(pipe: Pipe): Selection {
  const { scanner } = pipe.scope;
  const names: string[] = [];
  const sources: string[] = [];
  const indexed = new Set<string>();
  const conditions: Wanted[] = [];
  do {
    const kind = peekWord(scanner);
    const start = scanner.at;
    if ((kind === 'lg' || kind === 'ds') && word(scanner, kind) && sign(scanner, ':')) {
      (kind === 'lg' ? names : sources).push(nameAt(scanner));
      continue;
    }
    scanner.at = start;
    const field = fieldName(scanner) ?? wrong(scanner);
    const values = valuesAt(scanner);
    if (field === 'aws:fieldIndex') for (const value of values) indexed.add(String(value));
    else conditions.push({ field, values });
  } while (sign(scanner, ','));
  need(scanner, ']');
  for (const wanted of conditions) {
    if (indexed.has(wanted.field)) pipe.wanted.push(wanted);
    pipe.stages.push(filter(valuesWanted(wanted)));
  }
  if (sources.length > SOURCES_MAX) wrong(scanner, `at most ${SOURCES_MAX} data sources may be named`);
  return { ...named(names), ...(sources.length > 0 && { sources }) };
}

/** `= value` or `in (value, …)` */
function valuesAt(scanner: Scanner): (string | number)[] {
  const value = () => textAt({ scanner }) ?? numberAt(scanner) ?? wrong(scanner);
  if (sign(scanner, '=')) return [value()];
  if (!word(scanner, 'in')) return wrong(scanner);
  need(scanner, '(');
  const values = [value()];
  while (sign(scanner, ',')) values.push(value());
  need(scanner, ')');
  return values;
}
