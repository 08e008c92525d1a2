/** What the store asks of a database. SQLite answers at once, PostgreSQL with promises. */
import type { JournalEntry, JournalRow } from './store.ts';

export type Maybe<T> = T | Promise<T>;

/** Rows by key, or index keys that lead to rows. */
export type Kind = 'row' | 'entry';

export interface Driver {
  /** Body of a row. */
  row(key: string): Maybe<string | undefined>;
  /** Bytes kept beside the rows. */
  bytes(id: string): Maybe<Uint8Array | undefined>;
  /** Keys from `from` (inclusive) to `to` (exclusive) in byte order. Rows' bodies come along when that is cheap. */
  range(kind: Kind, from: string, to: string, limit: number): Maybe<readonly Found[]>;
  /** How many keys start with this; `at` is the commit it was counted at, when that is not the newest known here. */
  count(kind: Kind, from: string, to: string): Maybe<{ readonly value: number; readonly at?: number }>;
  /**
   * Opens a group: from here to its end nobody else commits, and what others committed has been told to `Learner`.
   * Absent where nobody else can commit, and every answer comes at once.
   */
  begin?(): Promise<void>;
  /**
   * Writes the group: durable with it, or with the next `flush` where there is one. `number` is one after the last
   * known.
   */
  commit(batch: Batch, number: number): Maybe<void>;
  /** Makes durable what `commit` wrote. Absent where it is durable already. */
  flush?(): Promise<void>;
  /** Work between two groups, when there is some: nothing is committed until it resolves. */
  tidy?(): Promise<void> | undefined;
  /** Gives the group up. */
  abandon?(): Promise<void>;
  /** Whether the database refused something in the group and certainly kept none of it. */
  refused(error: unknown): boolean;
  readonly journal: JournalDriver;
  /** Empties everything; returns the commit's number. */
  clear(): Maybe<number>;
  close(): Maybe<void>;
}

export interface JournalDriver {
  tip(): Maybe<number>;
  read(after: number, limit: number): Maybe<readonly JournalRow[]>;
  /** Entries by position, in the order asked for; those that are gone are left out. */
  entries(sequences: readonly number[]): Maybe<readonly JournalRow[]>;
  /** Look-up rows of a scope, newest first, at or before a place. */
  lookup(scope: number, before: Place, from: number, limit: number): Maybe<readonly Place[]>;
  /** Look-up rows of a scope older than a moment, oldest first. */
  oldest(scope: number, before: number, limit: number): Maybe<readonly Place[]>;
  prune(sequences: readonly number[], lookups: readonly LookupRow[]): Maybe<void>;
}

export interface Found {
  readonly key: string;
  readonly body?: string;
}

/** Where an entry stands in a look-up: by time, then position. */
export interface Place {
  readonly time: number;
  readonly sequence: number;
}

export interface LookupRow extends Place {
  readonly scope: number;
}

/** What a group writes. No key is in it twice. */
export interface Batch {
  readonly puts: { readonly key: string; readonly body: string }[];
  readonly drops: string[];
  readonly bytes: { readonly id: string; readonly bytes: Uint8Array }[];
  readonly bytesDropped: string[];
  readonly entriesAdded: string[];
  readonly entriesDropped: string[];
  readonly journal: JournalEntry[];
  readonly lookups: LookupRow[];
  readonly changes: Change[];
}

/** A key whose row was written: -1 when the key went, 1 when it came, 0 when it stayed. */
export interface Change {
  readonly key: string;
  readonly delta: number;
  /** What it counts towards, once somebody asked; see counterOfChange. */
  counter?: string;
}

/** Told of what other processes committed, in order. */
export interface Learner {
  known(): number;
  learn(commits: readonly { readonly number: number; readonly changes: readonly Change[] }[]): void;
  /** Everything may have changed; the newest commit is this. */
  forget(number: number): void;
  /** Whether rows read may be kept: not while nobody would tell us that they changed. */
  keep(rows: boolean): void;
}

export function isPromise<T>(value: Maybe<T>): value is Promise<T> {
  return value instanceof Promise;
}
