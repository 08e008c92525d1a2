/** Places in an expression of S3 Select, and what its parts share. */
import { selectError } from './errors.ts';
import type { Aggregate } from './query.ts';
import { type Token, tokensOf } from './tokens.ts';

export interface Scope {
  /** What the expression calls a record. */
  alias: string;
  readonly aggregates: Aggregate[];
  /** Within an aggregate there is no other. */
  inside: boolean;
  /** A column is named outside of all aggregates. */
  free: boolean;
  /** What records are asked for by name; undefined: for all of them. */
  names: Set<string> | undefined;
  /** When the request came. */
  readonly now: Date;
}

/** A place in an expression. */
export interface Cursor {
  readonly tokens: readonly Token[];
  readonly scope: Scope;
  at: number;
  depth: number;
  /** Operators so far. */
  links: number;
}

export const cursorOn = (expression: string, scope: Scope): Cursor => ({
  tokens: tokensOf(expression),
  scope,
  at: 0,
  depth: 0,
  links: 0,
});

export const next = (c: Cursor): Token => c.tokens[c.at]!;

export function take(c: Cursor, text: string): boolean {
  const { kind } = next(c);
  if ((kind !== 'word' && kind !== 'sign') || next(c).text !== text) return false;
  c.at++;
  return true;
}

export function need(c: Cursor, text: string): void {
  if (!take(c, text)) throw selectError('ParseUnexpectedToken');
}

export function needEnd(c: Cursor): void {
  if (next(c).kind !== 'end') throw selectError('ParseUnexpectedToken');
}

export function integer(c: Cursor): number {
  const { kind, text } = next(c);
  if (kind !== 'number' || !/^\d{1,15}$/.test(text)) throw selectError('ParseUnexpectedToken');
  c.at++;
  return Number(text);
}

export function isName(c: Cursor, except: readonly string[]): boolean {
  const { kind, text } = next(c);
  return kind === 'quoted' || (kind === 'word' && !except.includes(text));
}

export function nameAt(c: Cursor): { readonly text: string; readonly exact: boolean } {
  const { kind, text, raw } = next(c);
  if (kind !== 'word' && kind !== 'quoted') throw selectError('ParseUnexpectedToken');
  c.at++;
  return kind === 'quoted' ? { text, exact: true } : { text: raw, exact: false };
}
