/** The CloudTrail Data Service: `cloudtrail-data.<region>.amazonaws.com`. */
import { defineService } from '../../core/operation.ts';
import { auditEventLimits, PutAuditEvents } from './auditEvents.ts';
import * as sdk from './dataModel.ts';

export const cloudtrailData = defineService<typeof sdk>({
  name: 'cloudtrail-data',
  eventSource: 'cloudtrail-data.amazonaws.com',
  sdk,
  wire: { protocols: ['restJson'], version: '2021-08-11' },
  limits: { PutAuditEvents: auditEventLimits },
  operations: { PutAuditEvents },
});
