/** A query of PPL while it is read. */
import type { Evaluate } from '../../insights/expressions.ts';
import type { Wanted } from '../../insights/filterIndex.ts';
import type { Selection } from '../../insights/selection.ts';
import { type SortKey, type Stage, sort } from '../../insights/stages.ts';
import { type Compiling, compiled, fieldOf } from '../compile.ts';
import { type Node, noteStranger, type Scope } from '../syntax.ts';

export interface Pipe {
  readonly scope: Scope;
  readonly stages: Stage[];
  selection?: Selection | undefined;
  readonly wanted: Wanted[];
  readonly hints: Wanted[];
  /** How many of the stages only filter. */
  filters: number;
  /** Absent: all fields but those that are hidden. */
  shown?: readonly string[] | undefined;
  readonly hidden: Set<string>;
  /** Names of the query's own source. */
  readonly aliases: Set<string>;
  /** Of the source that was joined. */
  joined?: string | undefined;
  /** Names before a dot that are no part of a column's name. */
  readonly qualifiers: Set<string>;
  statsCount: number;
  /** Something that looks at the order of rows was there. */
  ordered: boolean;
  oldestFirst: boolean;
  /** Of the last `head`. */
  rowsMax?: number | undefined;
  /** The last `sort`, until it is known how many rows are wanted of it. */
  sorts?: readonly SortKey[] | undefined;
}

/** Names before a dot that are the source's are left out; after a join both sides are looked at. */
export function fieldIn(pipe: Pipe): (name: string) => Evaluate {
  return (name) => {
    const [first = '', ...rest] = name.split('.');
    if (rest.length > 0 && pipe.aliases.has(first) && pipe.joined === undefined) return fieldOf(rest.join('.'));
    if (!pipe.selection?.names.includes(first)) noteStranger(name, pipe.scope);
    const own = fieldOf(name);
    if (pipe.joined === undefined) return own;
    const other = fieldOf(`${pipe.joined}.${name}`);
    return (row) => own(row) ?? other(row);
  };
}

/** What a field is called where it is shown. */
export function titleOf({ qualifiers }: Pipe, name: string): string {
  const dot = name.indexOf('.');
  return dot > 0 && qualifiers.has(name.slice(0, dot)) ? name.slice(dot + 1) : name;
}

export const compiling = (pipe: Pipe): Compiling => ({ scope: pipe.scope, field: fieldIn(pipe) });
export const evaluate = (pipe: Pipe, node: Node): Evaluate => compiled(node, compiling(pipe));

export function settle(pipe: Pipe, most: number): void {
  if (pipe.sorts) pipe.stages.push(sort(pipe.sorts, most));
  pipe.sorts = undefined;
}

/** A field that a command made. */
export function add(pipe: Pipe, name: string): void {
  pipe.hidden.delete(name);
  if (pipe.shown && !pipe.shown.includes(name)) pipe.shown = [...pipe.shown, name];
}
