import type { Table } from '../store/store.ts';

/**
 * What an operation throws that has nothing to answer yet and whose caller is willing to wait: a long poll. The write
 * set is given up, and the gateway runs the operation again when what it waits for may have come; with `mayWait` false
 * when time is up, and then it must answer. Thrown only where `ctx.mayWait`.
 */
export class Wait {
  /** A row with this first key part changed: perhaps it is what we wait for. */
  // biome-ignore lint/suspicious/noExplicitAny: any table's rows may be waited for
  readonly table: Table<any>;
  readonly part: string;
  /** How long the caller waits at most. */
  readonly seconds: number;
  /** When to look again though nothing has changed (milliseconds from now): something becomes due. */
  readonly againMs: number | undefined;
  /** One row is for all who wait, and wakes them all. */
  readonly everybody: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: any table's rows may be waited for
  constructor(table: Table<any>, part: string, seconds: number, againMs?: number, who?: 'everybody') {
    this.table = table;
    this.part = part;
    this.seconds = seconds;
    this.againMs = againMs;
    this.everybody = who === 'everybody';
  }
}
