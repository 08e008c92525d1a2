/** Work behind the requests that no request owes: sweeping, evaluating, delivering at intervals. */
import type { Blobs } from '../store/blobs.ts';
import type { Journal, Transaction } from '../store/store.ts';
import type { Context, Settings } from './context.ts';
import type { Secrets } from './secrets.ts';

/** What workers have of the plane. */
export interface Surroundings {
  readonly store: {
    readonly journal: Journal;
    transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  };
  readonly blobs: Blobs;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
  readonly secrets: Secrets;
  readonly settings: Settings;
  readonly log: (error: unknown) => void;
  /** A write set with a context, in a service's own name: `ctx.call` is authorized and recorded like any request. */
  readonly errand: <T>(as: ServiceRole, work: (ctx: Context) => Promise<T>) => Promise<T>;
}

/** In whose name, where. */
export interface ServiceRole {
  /** `cloudtrail.amazonaws.com`. */
  readonly principal: string;
  /** Account and Region that the work is for. */
  readonly account: string;
  readonly region: string;
  /** The resource on whose behalf: `aws:SourceArn` and `aws:SourceAccount` of the calls. */
  readonly sourceArn?: string | undefined;
}

export interface Worker {
  readonly name: string;
  readonly everyMs: number;
  /**
   * Does a bounded piece of work; true when more is waiting. What it decides by is rows and `now()`, not how often it
   * was called: several planes may share a store, and a clock may be moved.
   */
  readonly work: (around: Surroundings) => Promise<boolean>;
  /** Resolves when nothing is under way any more that `work` did not wait for; true if something was done. */
  readonly rest?: () => Promise<boolean>;
}
