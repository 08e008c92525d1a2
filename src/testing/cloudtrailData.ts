/** A client of the CloudTrail Data Service, made of the model that the service has: there is no published one. */
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  errorTypeRegistries,
  PutAuditEventsCommand,
  type PutAuditEventsRequest,
  type PutAuditEventsResponse,
} from '../services/cloudtrail/dataModel.ts';

export interface CloudTrailData {
  putAuditEvents(input: PutAuditEventsRequest): Promise<PutAuditEventsResponse>;
  send(command: object): Promise<object>;
}

export function cloudtrailDataClient(config: object): CloudTrailData {
  const client = new SchedulerClient({
    ...config,
    serviceId: 'CloudTrail Data',
    signingName: 'cloudtrail-data',
    protocolSettings: {
      defaultNamespace: 'com.amazonaws.cloudtraildata',
      errorTypeRegistries,
      version: '2021-08-11',
    },
  } as object);
  const sent = client as unknown as CloudTrailData;
  sent.putAuditEvents = (input) => sent.send(new PutAuditEventsCommand(input)) as never;
  return sent;
}
