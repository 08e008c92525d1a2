/** What delivers findings. */
import type { TaskHandler } from '../../../core/tasks.ts';
import type { VendedRecord } from '../../../core/vendedLogs.ts';
import type { AuditDestination } from './destinations.ts';

export const FINDINGS = 'logs.findings';

export interface Findings {
  readonly destination: AuditDestination;
  /** ARN of the group that was audited. */
  readonly source: string;
  readonly records: readonly VendedRecord[];
}

export const auditDelivery: TaskHandler<Findings> = {
  kind: FINDINGS,
  principal: 'delivery.logs.amazonaws.com',
  settle: async (task, ctx) => (await import('./delivering.ts')).deliverFindings(task, ctx),
};
