/**
 * Where state lives: tables of JSON rows, and the journal of what happened.
 *
 * A request works on a *write set*: it reads committed rows (and its own writes over them), and what it wrote becomes
 * durable as one unit with the journal entries it appended, or not at all. Write sets are committed in groups: all that
 * wait go into one database transaction with one fsync. Each is first checked: if a row it read has changed since, the
 * work runs again on the new state. So `work` must be free of outside effects until it has committed.
 *
 * Rows are immutable: the object that `get` returns is shared by all readers and stays the same object for as long as
 * the row is unchanged, so derived values (compiled policies, unsealed keys) can be kept in a WeakMap keyed by the row.
 */
export interface Store {
  readonly journal: Journal;
  /** Resolves when what `work` wrote is durable. A `work` that throws leaves nothing behind. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Calls `ring` once for each row with this first key part that a commit of any process changes, until the function it
   * returns is called.
   */
  watch<R>(table: Table<R>, part: string, ring: () => void): () => void;
  /** Back to empty: every table and the journal. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface Transaction {
  get<R>(table: Table<R>, key: Key): Promise<R | undefined>;
  /** Returns false, and writes nothing, if the key is taken. */
  insert<R>(table: Table<R>, row: R): Promise<boolean>;
  /** Writes the row whether or not its key is taken. */
  replace<R>(table: Table<R>, row: R): Promise<void>;
  /** Returns false if there was no such row. */
  remove<R>(table: Table<R>, key: Key): Promise<boolean>;
  /** Rows in byte order of their key (or index key), with this write set's own changes in them. */
  list<R>(table: Table<R>, prefix: Key, page: PageRequest): Promise<Page<R>>;
  /**
   * How many rows have this prefix: of the key's first part alone (`[account]`), or of one whole index key. Kept by the
   * store, so its cost does not grow with the number; this write set's own changes are in it. An unchecked one may have
   * changed when the write set commits.
   */
  count<R>(table: Table<R>, prefix: Key, index?: string, unchecked?: 'unchecked'): Promise<number>;
  /**
   * Whether one more row fits under `max`. Checked again when the write set commits, so that requests side by side
   * cannot overshoot a quota together; unlike a counter row, it makes no conflict between them below the limit.
   */
  fits<R>(table: Table<R>, prefix: Key, max: number, index?: string): Promise<boolean>;
  /**
   * Keeps bytes beside the rows and out of the rows' memory, durable together with them. They are written once: an id
   * is never used for others. Meant for some kilobytes; more belongs in a blob.
   */
  putBytes(id: string, bytes: Uint8Array): void;
  bytes(id: string): Promise<Uint8Array | undefined>;
  dropBytes(id: string): void;
  /** Adds an entry to the journal, durable together with the rows. */
  append(entry: JournalEntry): void;
}

/** Parts of a key. They may hold any text but the unit separator U+001F. */
export type Key = readonly string[];

export interface PageRequest {
  readonly limit: number;
  /** The `next` of the page before. A cursor from outside the prefix is clamped into it. */
  readonly after?: string | undefined;
  /** List by this declared index instead of by key. */
  readonly index?: string;
  /** Only rows whose next key part, after the prefix, starts with this text. */
  readonly startsWith?: string | undefined;
  /** Only rows whose next key part, after the prefix, is this text or comes after it. */
  readonly from?: string | undefined;
  /** A hint that is not checked again when the write set commits: what counts must be read by `get`. */
  readonly unchecked?: true;
}

export interface Page<R> {
  readonly rows: readonly R[];
  /** Present when there is more: the cursor of the last row returned. */
  readonly next?: string;
}

export interface Table<R> {
  readonly name: string;
  readonly key: (row: R) => Key;
  /** Each gives no, one or several index keys for a row. Index keys need not be unique. */
  readonly indexes: Readonly<Record<string, (row: R) => readonly Key[]>>;
}

/** Declares a table. Names are `service_noun`. */
export function table<R>(name: string, options: { key: Table<R>['key']; indexes?: Table<R>['indexes'] }): Table<R> {
  return { name, key: options.key, indexes: options.indexes ?? {} };
}

/** One thing that happened. `body` is the JSON text of the event as its reader will see it. */
export interface JournalEntry {
  /** UUID of the event. */
  readonly id: string;
  /** `api` for a CloudTrail record; other kinds come with other services. */
  readonly kind: string;
  readonly account: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly body: string;
}

export interface JournalRow extends JournalEntry {
  /** Position in the journal: grows with every entry, never reused. */
  readonly sequence: number;
}

/**
 * The journal: append-only, read in order by followers or looked up by attribute. Look-up rows and followers are
 * written behind the commit (a crash loses none: they resume from their durable position) and caught up before a
 * read that needs them.
 */
export interface Journal {
  /** Entries after a position, oldest first. */
  read(after: number, limit: number): Promise<readonly JournalRow[]>;
  /** Entries with one attribute value (or all, without an attribute), newest first. Catches up first. */
  lookup(question: Lookup): Promise<{ readonly entries: readonly JournalRow[]; readonly next?: string }>;
  /** Position of the last durable entry; 0 when empty. */
  tip(): Promise<number>;
  /** Brings look-up rows and every follower up to the tip. */
  catchUp(): Promise<void>;
  /**
   * Forgets entries older than this moment (milliseconds), with their look-up rows; at most `limit` a call, and only
   * those of one kind, account and Region if told so. Returns how many.
   */
  prune(before: number, limit: number, only?: Pick<JournalEntry, 'kind' | 'account' | 'region'>): Promise<number>;
}

export interface Lookup {
  readonly kind: string;
  readonly account: string;
  readonly region: string;
  readonly attribute?: { readonly name: string; readonly value: string } | undefined;
  /** Milliseconds, inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/**
 * A follower turns journal entries into rows (last use of a key, calls metered per day). The store hands it every entry
 * once, in order, in batches; its writes and its position commit together.
 */
export interface Follower {
  readonly name: string;
  readonly follow: (entries: readonly JournalRow[], tx: Transaction) => Promise<void>;
}

export interface StoreOptions {
  /** The attributes an entry is looked up by: read from its body when the look-up rows are written. */
  readonly attributes: (entry: JournalEntry) => readonly (readonly [name: string, value: string])[];
  readonly followers: readonly Follower[];
  /** Told of failures of work behind (indexing, followers), which is tried again. */
  readonly log: (error: unknown) => void;
  /** How many committed rows may be kept in memory (200,000). */
  readonly cachedRowsMax?: number;
}
