/**
 * AWS's model of the CloudTrail Data Service (API of 2021-08-11), in the form that the SDK's own modules have: the
 * published client cannot be had here.
 */
import { ServiceException } from '@smithy/core/client';
import { TypeRegistry } from '@smithy/core/schema';
import { commandsOf } from '../../protocols/commands.ts';

const N = 'com.amazonaws.cloudtraildata';
const TEXT = 0;
const inQuery = (name: string) => [TEXT, { httpQuery: name }] as const;

export interface AuditEvent {
  /** The sender's own. */
  readonly id: string | undefined;
  /** JSON. */
  readonly eventData: string | undefined;
  /** SHA-256 of `eventData` in Base64. */
  readonly eventDataChecksum?: string | undefined;
}

export interface PutAuditEventsRequest {
  readonly auditEvents: AuditEvent[] | undefined;
  readonly channelArn: string | undefined;
  readonly externalId?: string | undefined;
}

export interface PutAuditEventsResponse {
  readonly successful: { readonly id: string; readonly eventID: string }[];
  readonly failed: { readonly id: string; readonly errorCode: string; readonly errorMessage: string }[];
}

const list = (name: string, element: () => unknown) => [1, N, name, 0, element] as const;
const structure = (name: string, members: readonly string[], schemas: readonly unknown[], required: number) =>
  [3, N, name, 0, members, schemas, required] as const;

const AuditEvent$ = structure('AuditEvent', ['id', 'eventData', 'eventDataChecksum'], [TEXT, TEXT, TEXT], 2);
const AuditEvents$ = list('AuditEvents', () => AuditEvent$);
const Request$ = structure(
  'PutAuditEventsRequest',
  ['auditEvents', 'channelArn', 'externalId'],
  [() => AuditEvents$, inQuery('channelArn'), inQuery('externalId')],
  2,
);
const Success$ = structure('AuditEventResultEntry', ['id', 'eventID'], [TEXT, TEXT], 2);
const Successes$ = list('AuditEventResultEntries', () => Success$);
const Failure$ = structure('ResultErrorEntry', ['id', 'errorCode', 'errorMessage'], [TEXT, TEXT, TEXT], 3);
const Failures$ = list('ResultErrorEntries', () => Failure$);
const Response$ = structure('PutAuditEventsResponse', ['successful', 'failed'], [() => Successes$, () => Failures$], 2);

export const PutAuditEvents$ = [
  9,
  N,
  'PutAuditEvents',
  { http: ['POST', '/PutAuditEvents', 200] },
  () => Request$,
  () => Response$,
] as const;

const command = commandsOf('CloudTrailDataService', 'CloudTrailDataClient');

export class PutAuditEventsCommand extends command<PutAuditEventsRequest, PutAuditEventsResponse>(
  'PutAuditEvents',
  PutAuditEvents$,
) {}

const registry = TypeRegistry.for(N);
type ErrorOptions = { readonly message?: string; readonly $metadata?: object };

function register(name: string, type: new (options: ErrorOptions) => ServiceException) {
  const schema = [-3, N, name, { error: 'client', httpError: 400 }, ['message'], [0]] as const;
  registry.registerError(schema as never, type as never);
  return schema;
}

const optionsOf = (name: string, options: ErrorOptions) =>
  ({ $metadata: {}, ...options, name, $fault: 'client' }) as never;

export class ChannelInsufficientPermission extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('ChannelInsufficientPermission', options));
    Object.setPrototypeOf(this, ChannelInsufficientPermission.prototype);
  }
}
export const ChannelInsufficientPermission$ = register('ChannelInsufficientPermission', ChannelInsufficientPermission);

export class ChannelNotFound extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('ChannelNotFound', options));
    Object.setPrototypeOf(this, ChannelNotFound.prototype);
  }
}
export const ChannelNotFound$ = register('ChannelNotFound', ChannelNotFound);

export class DuplicatedAuditEventId extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('DuplicatedAuditEventId', options));
    Object.setPrototypeOf(this, DuplicatedAuditEventId.prototype);
  }
}
export const DuplicatedAuditEventId$ = register('DuplicatedAuditEventId', DuplicatedAuditEventId);

export class InvalidChannelARN extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('InvalidChannelARN', options));
    Object.setPrototypeOf(this, InvalidChannelARN.prototype);
  }
}
export const InvalidChannelARN$ = register('InvalidChannelARN', InvalidChannelARN);

export const errorTypeRegistries = [registry];
