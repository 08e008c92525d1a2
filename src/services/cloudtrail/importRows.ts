/** Imports of trail folders into event data stores, and the files that could not be imported. */
import type { ImportStatus } from '@aws-sdk/client-cloudtrail';
import { table } from '../../store/store.ts';

export interface Import {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** Id and ARN of the event data store. */
  readonly store: string;
  readonly destination: string;
  readonly source: { readonly uri: string; readonly region: string; readonly role: string };
  /** Milliseconds: events of this time only. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly status: ImportStatus;
  readonly created: number;
  readonly updated: number;
  /** The last key that was looked at. */
  readonly after?: string | undefined;
  /** While what failed is tried again: how far that came. */
  readonly retry?: string | undefined;
  readonly prefixes: number;
  readonly files: number;
  readonly events: number;
  readonly failures: number;
}

/** Index `store`: [account, region, store]. `ongoing`: [account, region]. */
export const imports = table<Import>('trail_import', {
  key: (i) => [i.account, i.region, i.id],
  indexes: {
    store: (i) => [[i.account, i.region, i.store]],
    ongoing: (i) => (i.status === 'INITIALIZING' || i.status === 'IN_PROGRESS' ? [[i.account, i.region]] : []),
  },
});

export interface ImportFailure {
  readonly import: string;
  /** Key in the bucket, or the prefix. */
  readonly location: string;
  readonly type: string;
  readonly message: string;
  readonly updated: number;
}

export const importFailures = table<ImportFailure>('trail_import_failure', { key: (f) => [f.import, f.location] });
