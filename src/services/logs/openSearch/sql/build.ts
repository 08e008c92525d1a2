/** A SELECT as stages: its rows, what is grouped, windows, and the columns that come out. */
import type { Evaluate } from '../../insights/expressions.ts';
import type { Wanted } from '../../insights/filterIndex.ts';
import { joining } from '../../insights/join.ts';
import { fieldReader, type Row, withFields } from '../../insights/records.ts';
import { wrong } from '../../insights/scanner.ts';
import { compute, filter, type Named, type Stage, stats } from '../../insights/stages.ts';
import { truth, type Value } from '../../insights/values.ts';
import { aggregating, isAggregateCall } from '../aggregating.ts';
import { type Compiling, compiled, fieldOf, sameAs } from '../compile.ts';
import { everyField, shownAs } from '../eventFields.ts';
import { hintsIn } from '../hints.ts';
import { conditionOf } from '../joins.ts';
import { readingOf } from '../ppl/join.ts';
import { callsIn, type Node, noteStranger, type Ordered, type Scope, signature } from '../syntax.ts';
import { said } from '../values.ts';
import type { Item, Select } from './select.ts';
import type { Table } from './tables.ts';
import { windows } from './windows.ts';

export interface Built {
  readonly table: Table;
  readonly stages: readonly Stage[];
  readonly hints: readonly Wanted[];
  readonly names: readonly string[];
  readonly output: (row: Row) => readonly (readonly [string, string | undefined])[];
  readonly first: Evaluate;
  /** Values of the columns, for who compares rows; undefined with `*`. */
  readonly values: readonly Evaluate[] | undefined;
  /** Leaves a row nothing but its columns, under their names. */
  readonly narrow: Stage;
  readonly aggregated: boolean;
  /** Events are read in the order that is asked for. */
  readonly oldestFirst?: boolean | undefined;
  readonly orderValue: (node: Node, index: number) => Evaluate;
}

/** Columns of ours have names that no field has. */
const own = (kind: string, index: number) => `\u0000${kind}${index}`;
const isOwn = (name: string) => name.startsWith('\u0000');

export function built(select: Select, order: readonly Ordered[], scope: Scope): Built {
  const { table, join, where } = select;
  const field = resolver(select, scope);
  const row: Compiling = { scope, field };
  const stages: Stage[] = [...table.stages];
  scope.inners.push(...(table.query?.plan.inners ?? []));
  if (join) stages.push(joined(select, row));
  if (where) stages.push(filter(compiled(where, row)));
  const asked = order.map(({ value }) => meant(value, select));
  const group = select.group.map((node) => meant(node, select));
  const having = select.having && meant(select.having, select);
  const nodes = [...select.items.flatMap((item) => (item === 'all' ? [] : [item.node])), ...asked];
  const calls = [...nodes, ...(having ? [having] : [])].flatMap(callsIn);
  const aggregated = group.length > 0 || calls.some(isAggregateCall);
  let known = new Map<string, Evaluate>();
  if (aggregated) {
    known = grouped(stages, group, calls.filter(isAggregateCall), row);
    if (select.items.includes('all')) wrong(scope.scanner, '* cannot be grouped');
  }
  const told: Compiling = aggregated ? { scope, known: sameAs(known), field: ungrouped(scope) } : row;
  if (having) stages.push(filter(compiled(having, told)));
  const over = calls.filter((call) => call.over);
  const after = windowed(stages, over, told, known);
  const columns = select.items.map((item) => (item === 'all' ? undefined : compiled(item.node, after)));
  stages.push(
    projected(
      columns,
      asked.map((node) => compiled(node, after)),
    ),
  );
  if (select.distinct) stages.push(distinct(select.items));
  const plain = !aggregated && over.length === 0 && !join && !select.distinct && !table.query;
  const byTime = plain && order.length === 1 && asked[0]?.kind === 'field' && asked[0].name === '@timestamp';
  return {
    table,
    stages,
    hints: where && !join && !table.query ? hintsIn(where, [table.alias]) : [],
    ...output(select, scope),
    aggregated,
    oldestFirst: byTime ? !order[0]!.descending : undefined,
    orderValue: (_node, index) => fieldReader(own('order', index)),
  };
}

/** What a name is: a column's number or alias stands for its expression. */
function meant(node: Node, { items }: Select): Node {
  if (node.kind === 'value' && typeof node.value === 'number') {
    const item = items[node.value - 1];
    return item && item !== 'all' ? item.node : node;
  }
  if (node.kind === 'field') {
    const item = items.find((each) => each !== 'all' && each.name.toLowerCase() === node.name.toLowerCase());
    return item && item !== 'all' ? item.node : node;
  }
  return node.kind === 'call' ? { ...node, args: node.args.map((arg) => aliased(arg, items)) } : node;
}

/** Within an expression only aliases stand for something. */
function aliased(node: Node, items: readonly Item[]): Node {
  if (node.kind === 'call') return { ...node, args: node.args.map((arg) => aliased(arg, items)) };
  const item = node.kind === 'field' && items.find((each) => each !== 'all' && each.name === node.name);
  return item && item !== 'all' && item.node.kind !== 'field' ? item.node : node;
}

/** Names before a dot are those of tables. */
function resolver({ table, join }: Select, scope: Scope): (name: string) => Evaluate {
  const tables = [table.alias, ...(join ? [join.table.alias] : [])];
  return (name) => {
    const of = tables.find((alias) => alias !== '' && name.toLowerCase().startsWith(`${alias.toLowerCase()}.`));
    const rest = of === undefined ? name : name.slice(of.length + 1);
    if (isOwn(name)) wrong(scope.scanner);
    if (of === undefined) noteStranger(name, scope);
    if (!join) return of === undefined ? fieldOf(name) : either(fieldOf(rest), fieldOf(name));
    if (of !== undefined) return sideOf(of, rest);
    return either(fieldOf(name), sideOf(join.table.alias, name));
  };
}

const either =
  (first: Evaluate, second: Evaluate): Evaluate =>
  (row) =>
    first(row) ?? second(row);

function sideOf(alias: string, name: string): Evaluate {
  const read = fieldOf(name);
  return (row) => {
    const side = row.sides?.get(alias);
    return side ? read(side) : null;
  };
}

function joined({ table, join }: Select, row: Compiling): Stage {
  const { scanner, inners } = row.scope;
  const { alias: left } = table;
  const right = join!.table.alias;
  if (left === '' || right === '' || left === right) wrong(scanner, 'the tables of a JOIN need an alias each');
  const { on, besides } = conditionOf(join!.on, left, right, row.scope);
  const holds = besides && compiled(besides, row);
  const options = { outer: join!.outer, left, right, holds: holds && ((pair: Row) => truth(holds(pair))) };
  const { selection, stages, wanted, query } = join!.table;
  const plan = query?.plan ?? { ...readingOf(selection), stages, wanted };
  const { inner, stage } = joining(plan, on, options);
  inners.push(inner);
  return stage;
}

/** Groups the rows; what is known of each group then, by what it says. */
function grouped(stages: Stage[], group: readonly Node[], calls: readonly Node[], row: Compiling) {
  const known = new Map<string, Evaluate>();
  const by = group.map((node, i): Named => {
    known.set(signature(node), fieldReader(own('key', i)));
    return [own('key', i), compiled(node, row)];
  });
  const { aggregates, known: results } = aggregating(row);
  const columns: Named[] = [];
  for (const node of calls) {
    const says = signature(node);
    if (known.has(says)) continue;
    const name = own('aggregate', columns.length);
    known.set(says, fieldReader(name));
    columns.push([name, results(node)!]);
  }
  stages.push(stats({ by, columns, aggregates }));
  return known;
}

const ungrouped =
  ({ scanner }: Scope) =>
  (name: string) =>
    wrong(scanner, `${name} is neither grouped nor aggregated`);

function windowed(stages: Stage[], calls: readonly Node[], told: Compiling, known: Map<string, Evaluate>): Compiling {
  if (calls.length === 0) return told;
  const all = new Map(known);
  const distinctCalls = [...new Map(calls.map((call) => [signature(call), call])).entries()];
  const named = distinctCalls.map(([says, call], i) => {
    all.set(says, fieldReader(own('window', i)));
    return [own('window', i), call] as const;
  });
  stages.push(windows(named, told));
  return { ...told, known: sameAs(all) };
}

function projected(columns: readonly (Evaluate | undefined)[], order: readonly Evaluate[]): Stage {
  const fields: Named[] = [
    ...columns.flatMap((read, i): Named[] => (read ? [[own('column', i), read]] : [])),
    ...order.map((read, i): Named => [own('order', i), read]),
  ];
  return compute(fields);
}

function output({ items, table, join }: Select, { scanner }: Scope) {
  const aliases = [table.alias, join?.table.alias ?? ''].filter((alias) => alias !== '');
  const columns = items.map((item, i) => {
    if (item === 'all') return undefined;
    const of = item.node.kind === 'field' && aliases.find((alias) => item.name.startsWith(`${alias}.`));
    return { name: of ? item.name.slice(of.length + 1) : item.name, read: fieldReader(own('column', i)) };
  });
  const whole = columns.includes(undefined);
  const values = whole ? undefined : columns.map((column) => column!.read);
  requireCase(
    columns.flatMap((column) => column?.name ?? []),
    scanner,
  );
  const fieldsOf = (row: Row) =>
    columns.flatMap((column): [string, string | undefined][] =>
      column ? [[column.name, shownAs(column.name, column.read(row))]] : visible(row),
    );
  return {
    names: columns.flatMap((column) => column?.name ?? []),
    output: fieldsOf,
    first: columns[0]?.read ?? (() => null),
    values,
    narrow: narrowing(columns, whole),
  };
}

const visible = (row: Row): [string, string][] => [...everyField(row)].filter(([name]) => !isOwn(name));

/** AWS takes no names that differ in case only. */
function requireCase(names: readonly string[], scanner: Scope['scanner']): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined && other !== name) wrong(scanner, `${other} and ${name} differ in case only`);
    seen.set(name.toLowerCase(), name);
  }
}

function narrowing(
  columns: readonly ({ readonly name: string; readonly read: Evaluate } | undefined)[],
  whole: boolean,
): Stage {
  return (next) => ({
    push(row) {
      const fields = columns.flatMap((column): [string, Value][] => (column ? [[column.name, column.read(row)]] : []));
      const kept = [...row.made].filter(([name]) => isOwn(name));
      return next.push(whole ? withFields(row, fields) : { made: new Map([...kept, ...fields]) });
    },
    end: () => next.end(),
  });
}

const distinct =
  (items: readonly Item[]): Stage =>
  (next, budget) => {
    const reads = items.map((item, i) => (item === 'all' ? undefined : fieldReader(own('column', i))));
    const seen = new Set<string>();
    return {
      push(row) {
        const key = JSON.stringify(reads.map((read) => (read ? (said(read(row)) ?? null) : visible(row))));
        if (seen.has(key)) return true;
        budget.take(2 * key.length + 60);
        seen.add(key);
        return next.push(row);
      },
      end: () => next.end(),
    };
  };
