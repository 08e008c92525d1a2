/** A plan while its query's text is read: what the commands so far have made of it. */
import { type Evaluate, expressionAt, type Scope } from './expressions.ts';
import type { Bins } from './fillmissing.ts';
import type { Wanted } from './filterIndex.ts';
import type { Inner } from './inner.ts';
import type { Lookup } from './lookup.ts';
import type { PatternOptions } from './patternStage.ts';
import type { Plan } from './plan.ts';
import type { RowCommand } from './rowCommands.ts';
import { fieldName, skip, textSince, word, wrong } from './scanner.ts';
import { type Named, type SortKey, type Stage, sort } from './stages.ts';

/** Milliseconds, both inclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** What is known so far. */
export interface Draft extends Scope {
  columns: Set<string>;
  readonly stages: Stage[];
  readonly shown: Set<string>;
  readonly parsed: string[];
  displayed?: readonly string[] | undefined;
  statsCount: number;
  statsMax: number;
  /** The last `pattern`. */
  pattern?: PatternOptions | undefined;
  /** Of the last `stats`. */
  bins?: Bins | undefined;
  /** Rows are no events any more. */
  remade: boolean;
  compared?: TimeRange | undefined;
  readonly wanted: Wanted[];
  readonly hints: Wanted[];
  /** How many of the stages only filter. */
  filters: number;
  readonly lookups: Lookup[];
  /** Queries that must be answered before this one. */
  readonly inners: Inner[];
  /** Reads the query after an opening parenthesis, with what closes it; `sourceOnly`: it is a source and nothing more. */
  readonly inner: (rowsMax: number, sourceOnly?: boolean) => Plan;
  joined: boolean;
  estimates: boolean;
  /** A command that only the Standard log class has. */
  standardOnly?: string | undefined;
  /** Something that looks at the order of rows was there. */
  ordered: boolean;
  deduped: boolean;
  /** The last `sort`, and what comes after it and makes one row of each. */
  sorts?: { readonly keys: readonly SortKey[]; readonly after: Stage[] } | undefined;
  oldestFirst: boolean;
  rowsMax: number | undefined;
}

/** Puts the last `sort` into the plan, now that it is known how many rows are wanted of it. */
export function settleSort(draft: Draft, most: number): void {
  if (!draft.sorts) return;
  draft.stages.push(sort(draft.sorts.keys, most), ...draft.sorts.after);
  draft.sorts = undefined;
}

/** These columns, and no others. */
export function show(draft: Draft, names: readonly string[]): void {
  draft.shown.clear();
  draft.displayed = undefined;
  for (const name of names) draft.shown.add(name);
}

export const shownNow = ({ shown, parsed }: Draft): string[] => (shown.size > 0 ? [...shown] : [...parsed]);

export function byRow(draft: Draft, { stage, adds = [], columns }: RowCommand): void {
  draft.stages.push(stage);
  if (columns) {
    draft.remade = true;
    show(draft, columns);
  } else if (draft.shown.size > 0) for (const name of adds) draft.shown.add(name);
  else draft.parsed.push(...adds);
}

export interface NamedExpression {
  readonly name: string;
  /** As it is written. */
  readonly text: string;
  readonly value: Evaluate;
  /** Nothing but a field under its own name. */
  readonly plain: boolean;
}

const PLAIN = /^[@A-Za-z_`][\w@.`[\]]*$/;

export function namedAt(scope: Scope): NamedExpression {
  const { scanner } = scope;
  skip(scanner);
  const start = scanner.at;
  const value = expressionAt(scope);
  const text = textSince(scanner, start);
  if (word(scanner, 'as')) return { name: fieldName(scanner) ?? wrong(scanner), text, value, plain: false };
  const plain = PLAIN.test(text);
  return { name: plain ? text.replaceAll('`', '') : text, text, value, plain };
}

export const column = ({ name, value }: NamedExpression): Named => [name, value];
