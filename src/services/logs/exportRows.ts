/** Export tasks: events of a group written to a bucket. */
import type { ExportTaskStatusCode } from '@aws-sdk/client-cloudwatch-logs';
import { table } from '../../store/store.ts';
import type { Place } from './eventIds.ts';
import { momentBack } from './segments.ts';

export interface ExportTask {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly name?: string | undefined;
  /** Id of the group, and its name. */
  readonly group: string;
  readonly groupName: string;
  readonly streamPrefix?: string | undefined;
  /** Milliseconds, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly bucket: string;
  readonly prefix: string;
  readonly status: ExportTaskStatusCode;
  readonly message?: string | undefined;
  readonly created: number;
  readonly completed?: number | undefined;
}

export const exportTasks = table<ExportTask>('logs_export', {
  key: (task) => [task.account, task.region, task.id],
  indexes: {
    active: (task) => (isActive(task) ? [[task.account, task.region]] : []),
    newest: (task) => [[task.account, task.region, momentBack(task.created)]],
  },
});

export const isActive = ({ status }: Pick<ExportTask, 'status'>) => status === 'PENDING' || status === 'RUNNING';

/** The next piece of work of an export. */
export interface ExportStep {
  readonly id: string;
  /** The stream being written: where its reading stands, and the number of its next file. */
  readonly stream?: string | undefined;
  readonly after?: Place | undefined;
  /** The stream is written. */
  readonly done?: boolean | undefined;
  readonly part: number;
}

export const EXPORT = 'logs.export';
