/**
 * The commands of PPL that CloudWatch Logs has.
 * https://docs.aws.amazon.com/opensearch-service/latest/developerguide/supported-ppl.html
 */
import { compileRegex, type Regex } from '../../../../patterns/regex/index.ts';
import { fieldName, numberAt, peekWord, sign, word, wrong } from '../../insights/scanner.ts';
import { compute, extract, filter, limit, type Named, type SortKey } from '../../insights/stages.ts';
import { expanded } from '../../transformers/grok.ts';
import { GROK_PATTERNS } from '../../transformers/grokPatterns.ts';
import { expressionAt, textAt } from '../expressions.ts';
import { hintsIn } from '../hints.ts';
import { inOrder, said } from '../values.ts';
import { fieldSummaryAt } from './fieldSummary.ts';
import { joinAt } from './join.ts';
import { add, evaluate, fieldIn, type Pipe, settle } from './pipe.ts';
import { dedup, expanded as expandedRows, flattened, skip, tops } from './stages.ts';
import { eventStatsAt, statsAt } from './statistics.ts';
import { trendlineAt } from './trendline.ts';

const COMMANDS: Readonly<Record<string, (pipe: Pipe) => void>> = {
  fields: fieldsAt,
  where: whereAt,
  eval: evalAt,
  stats: statsAt,
  eventstats: eventStatsAt,
  sort: sortAt,
  head: headAt,
  dedup: dedupAt,
  rename: renameAt,
  parse: (pipe) => parsingAt(pipe, (pattern) => `^(?:${pattern})$`),
  grok: (pipe) => parsingAt(pipe, (pattern) => grokSource(pipe, pattern)),
  top: (pipe) => topAt(pipe, true),
  top_approx: (pipe) => topAt(pipe, true),
  rare: (pipe) => topAt(pipe, false),
  rare_approx: (pipe) => topAt(pipe, false),
  fillnull: fillNullAt,
  trendline: trendlineAt,
  expand: expandAt,
  flatten: flattenAt,
  fieldsummary: fieldSummaryAt,
  join: joinAt,
  inner: joinAt,
  left: joinAt,
  cross: joinAt,
};

/** Of PPL, and not of CloudWatch Logs. */
const ABSENT = new Set(['patterns', 'lookup', 'describe', 'explain', 'correlate', 'ad', 'kmeans', 'ml']);

export function commandAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  const name = peekWord(scanner);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) wrong(scanner, ABSENT.has(name) ? `the command ${name} is not supported` : undefined);
  if (name !== 'head' && name !== 'fields') settle(pipe, Number.POSITIVE_INFINITY);
  if (COMMANDS[name] !== joinAt) scanner.at += name.length;
  command(pipe);
}

/** Before any command that makes fields, an index says which events need not be looked at. */
function whereAt(pipe: Pipe): void {
  const node = expressionAt(pipe.scope);
  if (pipe.stages.length === pipe.filters) {
    pipe.hints.push(...hintsIn(node, pipe.aliases));
    pipe.filters++;
  }
  pipe.stages.push(filter(evaluate(pipe, node)));
}

export const named = ({ scope: { scanner } }: Pipe): string => fieldName(scanner) ?? wrong(scanner);

export function namesAt(pipe: Pipe): string[] {
  const names: string[] = [];
  do names.push(named(pipe));
  while (sign(pipe.scope.scanner, ','));
  return names;
}

export function countAt({ scope: { scanner } }: Pipe, standard: number, least = 1): number {
  const start = scanner.at;
  const count = numberAt(scanner) ?? standard;
  return Number.isInteger(count) && count >= least ? count : wrong(scanner, 'a whole number is wanted', start);
}

function fieldsAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  const removes = sign(scanner, '-');
  if (!removes) sign(scanner, '+');
  const names = namesAt(pipe);
  if (!removes) pipe.shown = names;
  else if (pipe.shown) pipe.shown = pipe.shown.filter((name) => !names.includes(name));
  else for (const name of names) pipe.hidden.add(name);
}

/** One after the other: later ones see what earlier ones made. */
function evalAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  do {
    const name = named(pipe);
    if (!sign(scanner, '=')) wrong(scanner);
    pipe.stages.push(compute([[name, evaluate(pipe, expressionAt(pipe.scope))]]));
    add(pipe, name);
  } while (sign(scanner, ','));
}

/** `[+|-] field, …`: null first where it ascends. */
export function sortKeysAt(pipe: Pipe): (SortKey & { readonly name: string })[] {
  const { scanner } = pipe.scope;
  const keys: (SortKey & { readonly name: string })[] = [];
  do {
    const descending = sign(scanner, '-');
    if (!descending) sign(scanner, '+');
    const name = named(pipe);
    keys.push({ name, value: fieldIn(pipe)(name), descending, order: inOrder });
  } while (sign(scanner, ','));
  return keys;
}

function sortAt(pipe: Pipe): void {
  const keys = sortKeysAt(pipe);
  // Events are read in that order: there is nothing to sort.
  const read = keys.length === 1 && keys[0]!.name === '@timestamp' && pipe.statsCount === 0 && !pipe.ordered;
  if (read) pipe.oldestFirst = !keys[0]!.descending;
  else pipe.sorts = keys;
  pipe.ordered = true;
}

const HEAD = 10;
const ROWS_MAX = 100_000;

function headAt(pipe: Pipe): void {
  const count = countAt(pipe, HEAD, 0);
  const from = word(pipe.scope.scanner, 'from') ? countAt(pipe, 0, 0) : 0;
  settle(pipe, count + from);
  if (from > 0) pipe.stages.push(skip(from));
  pipe.stages.push(limit(count));
  pipe.rowsMax = Math.min(count, ROWS_MAX);
  pipe.ordered = true;
}

function dedupAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  const most = countAt(pipe, 1);
  const names = namesAt(pipe);
  let keepsEmpty = false;
  for (let name = peekWord(scanner); name === 'keepempty' || name === 'consecutive'; name = peekWord(scanner)) {
    const start = scanner.at;
    scanner.at += name.length;
    const value = sign(scanner, '=') && (word(scanner, 'true') || (!word(scanner, 'false') && wrong(scanner)));
    if (name === 'consecutive' && value) wrong(scanner, 'consecutive deduplication is unsupported', start);
    if (name === 'keepempty') keepsEmpty = value === true;
  }
  pipe.stages.push(dedup(names.map(fieldIn(pipe)), most, keepsEmpty));
  pipe.ordered = true;
}

function renameAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  do {
    const from = named(pipe);
    if (!word(scanner, 'as')) wrong(scanner);
    const to = named(pipe);
    pipe.stages.push(
      compute([
        [to, fieldIn(pipe)(from)],
        [from, () => null],
      ]),
    );
    if (pipe.shown) pipe.shown = pipe.shown.map((name) => (name === from ? to : name));
  } while (sign(scanner, ','));
}

/** Without a match the fields are empty texts. */
function parsingAt(pipe: Pipe, sourceOf: (pattern: string) => string): void {
  const { scanner } = pipe.scope;
  const read = fieldIn(pipe)(named(pipe));
  const start = scanner.at;
  const pattern = textAt(pipe.scope) ?? wrong(scanner);
  const made = compileRegex(sourceOf(pattern), 'query', STEPS_MAX);
  const regex: Regex = 'problem' in made ? wrong(scanner, `invalid regular expression: ${made.problem}`, start) : made;
  const groups = regex.names.flatMap((name, i) => (name === '' ? [] : [[name, i + 1] as const]));
  if (groups.length === 0) wrong(scanner, 'the pattern has no group with a name', start);
  pipe.stages.push(
    extract((row) => {
      const text = said(read(row)) ?? '';
      const places = regex.exec(text);
      return groups.map(([name, group]) => {
        const from = places?.[2 * group] ?? -1;
        return [name, from < 0 ? '' : text.slice(from, places![2 * group + 1])] as const;
      });
    }),
  );
  for (const [name] of groups) add(pipe, name);
}

const STEPS_MAX = 6_000;

/** `%{NAME:field}` in a regular expression. */
function grokSource({ scope: { scanner } }: Pipe, pattern: string): string {
  return pattern.replaceAll(/%\{(\w+)(?::(\w+))?\}/g, (_all, name: string, field: string | undefined) => {
    const known = Object.hasOwn(GROK_PATTERNS, name) ? GROK_PATTERNS[name] : undefined;
    if (known === undefined) return wrong(scanner, `the grok pattern ${name} is not supported`);
    const inside = expanded(known);
    return field === undefined ? `(?:${inside.replaceAll(/\(\?<\w+>/g, '(?:')})` : `(?<${field}>${inside})`;
  });
}

function topAt(pipe: Pipe, most: boolean): void {
  const { scanner } = pipe.scope;
  const count = countAt(pipe, HEAD);
  const names = namesAt(pipe);
  const by = word(scanner, 'by') ? namesAt(pipe) : [];
  const all = [...by, ...names];
  const read = (name: string): Named => [name, fieldIn(pipe)(name)];
  pipe.stages.push(tops(by.map(read), names.map(read), { count, most }));
  pipe.shown = all;
  pipe.statsCount++;
  pipe.ordered = true;
}

/** `with value in field, …` or `using field = value, …` */
function fillNullAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  const fill = (name: string, value: ReturnType<typeof evaluate>): Named => {
    const own = fieldIn(pipe)(name);
    return [name, (row) => own(row) ?? value(row)];
  };
  const filled: Named[] = [];
  if (word(scanner, 'with')) {
    const text = textAt(pipe.scope);
    const number = text === undefined ? signedAt(pipe) : undefined;
    if (!word(scanner, 'in')) wrong(scanner);
    const value = text ?? number ?? null;
    for (const name of namesAt(pipe)) filled.push(fill(name, () => value));
  } else if (word(scanner, 'using')) {
    do {
      const name = named(pipe);
      if (!sign(scanner, '=')) wrong(scanner);
      filled.push(fill(name, evaluate(pipe, expressionAt(pipe.scope))));
    } while (sign(scanner, ','));
  } else wrong(scanner);
  pipe.stages.push(compute(filled));
}

function signedAt({ scope: { scanner } }: Pipe): number {
  const negative = sign(scanner, '-');
  const number = numberAt(scanner) ?? wrong(scanner);
  return negative ? -number : number;
}

function expandAt(pipe: Pipe): void {
  const name = named(pipe);
  const out = word(pipe.scope.scanner, 'as') ? named(pipe) : name;
  pipe.stages.push(expandedRows(fieldIn(pipe)(name), name, out));
  if (pipe.shown) pipe.shown = pipe.shown.map((each) => (each === name ? out : each));
  add(pipe, out);
}

/** `field [as (name, …)]`: the members of a map, or of each map in a list, as fields. */
function flattenAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  const name = named(pipe);
  let names: string[] | undefined;
  if (word(scanner, 'as')) {
    const opened = sign(scanner, '(');
    names = namesAt(pipe);
    if (opened && !sign(scanner, ')')) wrong(scanner);
  }
  if (pipe.shown && !names) wrong(scanner, 'after fields, flatten needs the names of its fields');
  pipe.stages.push(flattened(fieldIn(pipe)(name), name, names));
  if (pipe.shown) pipe.shown = pipe.shown.filter((each) => each !== name);
  for (const each of names ?? []) add(pipe, each);
}
