/**
 * Expressions of S3 Select, parsed into what computes them: which values of a record, under which condition.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-select.html
 */
import { type Cursor, cursorOn, integer, isName, nameAt, need, needEnd, type Scope, take } from './cursor.ts';
import { selectError } from './errors.ts';
import { condition, skip } from './expressions.ts';
import type { Value } from './values.ts';

/** A record: columns by their place, by name where they have one, or a value of JSON. */
export interface Row {
  /** Undefined: MISSING. `exact`: the name is in quotation marks. */
  readonly get: (name: string, exact: boolean) => Value;
  /** All of it, as it is put out. */
  readonly all: () => readonly (readonly [name: string, value: Value])[];
}

export type Compute = (row: Row) => Value;

/** Computed of all records. */
export interface Aggregate {
  readonly name: 'count' | 'sum' | 'min' | 'max' | 'avg';
  /** Undefined: of records themselves. */
  readonly of: Compute | undefined;
}

export interface Column {
  readonly name: string;
  readonly compute: Compute;
}

export interface Query {
  /** Undefined: all of the record. */
  readonly columns: readonly Column[] | undefined;
  readonly aggregates: readonly Aggregate[];
  /** Steps to the records: a name, a place, `*` for each. */
  readonly path: readonly (string | number)[];
  readonly where: Compute | undefined;
  readonly limit: number | undefined;
  /** What it asks records for by name; undefined: for all of them. */
  readonly names: ReadonlySet<string> | undefined;
}

const EXPRESSION_BYTES_MAX = 256 * 1024;

/** Throws AWS's error for what is no expression, or none that can be computed. `now`: what UTCNOW is. */
export function parseQuery(expression: string, now: Date): Query {
  if (Buffer.byteLength(expression) > EXPRESSION_BYTES_MAX) throw selectError('ExpressionTooLong');
  const scope: Scope = { alias: 's3object', aggregates: [], inside: false, free: false, names: new Set(), now };
  const cursor = cursorOn(expression, scope);
  need(cursor, 'select');
  const list = skip(cursor); // Names mean something once the alias is known.
  need(cursor, 'from');
  const path = fromClause(cursor, scope);
  const where = take(cursor, 'where') ? condition(cursor) : undefined;
  if (take(cursor, 'group') || take(cursor, 'order') || take(cursor, 'having'))
    throw selectError('UnsupportedSqlStructure');
  const limit = take(cursor, 'limit') ? integer(cursor) : undefined;
  needEnd(cursor);
  if (scope.aggregates.length > 0) throw selectError('UnsupportedSqlStructure'); // In a condition there is none.
  scope.free = false;
  const columns = list.columns();
  if (scope.aggregates.length > 0 && scope.free) throw selectError('UnsupportedSqlStructure');
  const names = columns && scope.names;
  return { columns, aggregates: scope.aggregates, path, where, limit, names };
}

function fromClause(cursor: Cursor, scope: Scope): readonly (string | number)[] {
  if (!take(cursor, 's3object')) throw selectError('InvalidDataSource');
  const path: (string | number)[] = [];
  for (;;) {
    if (take(cursor, '[')) {
      path.push(take(cursor, '*') ? '*' : integer(cursor));
      need(cursor, ']');
    } else if (take(cursor, '.')) path.push(take(cursor, '*') ? '*' : nameAt(cursor).text);
    else break;
  }
  const named = take(cursor, 'as');
  if (named || isName(cursor, ['where', 'limit', 'group', 'order', 'having']))
    scope.alias = nameAt(cursor).text.toLowerCase();
  return path;
}
