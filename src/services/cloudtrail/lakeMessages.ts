/** What the plane and the process of a query say to each other. */
import type { Pages } from './lakePages.ts';
import type { Range } from './lakeRanges.ts';
import type { StoreKind } from './lakeRows.ts';

export interface LakeQuestion {
  readonly statement: string;
  readonly stores: readonly LakeStore[];
  /** ISO 8601: what the plane's clock says. */
  readonly now: string;
  /** Of the engine; the process may have as much again. */
  readonly memoryMegabytes: number;
  readonly timeoutMs: number;
  readonly rowsMax: number;
}

export interface LakeStore {
  readonly id: string;
  readonly kind: StoreKind;
  /** ISO 8601: what happened before is past its retention, though its segment may not be. */
  readonly since: string;
}

/** Events of a store: gzip of lines of JSON. */
export interface LakeEvents {
  readonly store: string;
  readonly segment: Uint8Array;
}

export type LakeAnswer = (Pages & { readonly events: number }) | { readonly error: string; readonly timedOut: boolean };

/** The question, then its events a segment at a time, each when the one before was taken; then `run`. */
export type ToLake = LakeQuestion | LakeEvents | 'run';
/** Which events are needed, by store; then an acknowledgement of each segment; then the answer. */
export type FromLake = { readonly ranges: Readonly<Record<string, Range>> } | 'taken' | LakeAnswer;
