/** Imports of events from CloudTrail Lake. Times are milliseconds since 1970. */
import type { ImportStatus } from '@aws-sdk/client-cloudwatch-logs';
import { table } from '../../../store/store.ts';
import { momentBack } from '../segments.ts';

export interface Import {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** ARN of the event data store. */
  readonly source: string;
  readonly role: string;
  /** Of the events. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** The group, and its id. */
  readonly groupName: string;
  readonly group: string;
  readonly status: ImportStatus;
  readonly bytes: number;
  readonly error?: string | undefined;
  readonly created: number;
  readonly updated: number;
}

/** Index `newest`: [account, region]; `active`: [account]. */
export const imports = table<Import>('logs_import', {
  key: ({ account, region, id }) => [account, region, id],
  indexes: {
    newest: ({ account, region, created, id }) => [[account, region, momentBack(created), id]],
    active: ({ account, status }) => (status === 'IN_PROGRESS' ? [[account]] : []),
  },
});

export interface Batch {
  /** Id of the import. */
  readonly import: string;
  readonly id: string;
  readonly status: ImportStatus;
  readonly error?: string | undefined;
}

export const batches = table<Batch>('logs_import_batch', { key: (batch) => [batch.import, batch.id] });

export const IMPORT = 'logs.import';

export interface Step {
  readonly id: string;
  readonly after?: string | undefined;
}

/** The group that the events of a store go into; its name is AWS's own. */
export const groupNameOf = (source: string): string => `aws/cloudtrail/${source.split('/').at(-1)}`;
