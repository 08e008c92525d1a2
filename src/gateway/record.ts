/**
 * The audit record of a call, as CloudTrail writes it, durable with what the call changed.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */

import type { AuditNotes, Caller, Context, RecordedPart } from '../core/context.ts';
import { contextId } from '../core/eventContexts.ts';
import { eventResources, type RecordedEvent, type RecordedIdentity, userNameOf } from '../core/eventResources.ts';
import { DATA_KIND } from '../core/eventSelectors.ts';
import { eventOf } from '../core/events.ts';
import { timeUuid } from '../core/ids.ts';
import type { Service } from '../core/operation.ts';
import { seconds, userIdentity } from '../core/userIdentity.ts';
import { recordInput, recordOutput } from '../protocols/recording.ts';
import type { JournalEntry } from '../store/store.ts';

/** Where calls of services with one endpoint for all Regions happen. */
export const GLOBAL_REGION = 'us-east-1';

/** What a call turned out to be. */
export interface Call {
  readonly service: Service;
  readonly operation: string;
  readonly readOnly: boolean;
  readonly input: unknown;
  readonly output?: unknown;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
  /** A data event. */
  readonly data?: boolean;
}

/** The journal entries of a call: one for the caller's account, one for another account that owns what was touched. */
export function recordsOf(call: Call, ctx: Context): JournalEntry[] {
  const { audit } = ctx;
  const other = audit.recipientAccountId;
  const shared = other !== undefined && other !== ctx.account && call.error === undefined;
  const sharedId = shared ? timeUuid(ctx.now, ctx) : undefined;
  const told = other !== undefined && (shared || ctx.account === '') ? [ctx.account, other] : [ctx.account];
  const recipients = told.filter((account) => account !== '');
  const entries = recipients.map((account) => entry(ctx, call, account, sharedId));
  for (const part of call.error ? [] : (audit.parts ?? [])) {
    for (const account of recipients) entries.push(entry(ctx, call, account, undefined, part));
  }
  for (const event of audit.serviceEvents ?? []) entries.push(serviceEvent(ctx, call.service, event));
  return entries;
}

function entry(
  ctx: Context,
  call: Call,
  account: string,
  sharedEventID: string | undefined,
  part?: RecordedPart,
): JournalEntry {
  const { service, operation, error } = call;
  const implementation = service.operations[operation] ?? service.inner?.[operation];
  const id = timeUuid(ctx.now, ctx);
  const region = service.global ? GLOBAL_REGION : ctx.region;
  const by = ctx.caller.service ?? ctx.calledVia?.at(-1);
  const record = {
    eventVersion: '1.11',
    userIdentity: {
      ...(ctx.audit.userIdentity ?? (account === ctx.account ? userIdentity : foreignIdentity)(ctx.caller)),
      ...(ctx.calledVia && { invokedBy: by }),
    },
    eventTime: seconds(ctx.now.getTime()),
    eventSource: implementation?.eventSource ?? service.eventSource,
    eventName: part?.eventName ?? implementation?.eventName ?? operation,
    awsRegion: region,
    sourceIPAddress: by ?? ctx.source.ip,
    userAgent: by ?? ctx.source.userAgent,
    errorCode: error?.code,
    errorMessage: error?.message,
    requestParameters: part ? part.requestParameters : requestParameters(ctx.audit, call),
    responseElements: error || part ? null : responseElements(ctx.audit, call),
    additionalEventData: part ? undefined : ctx.audit.additionalEventData,
    requestID: ctx.requestId,
    eventID: id,
    readOnly: call.readOnly,
    resources: part ? part.resources : ctx.audit.resources,
    eventType: part ? 'AwsServiceEvent' : 'AwsApiCall',
    apiVersion: service.wire.version,
    managementEvent: call.data !== true,
    recipientAccountId: account,
    sharedEventID,
    eventCategory: call.data ? 'Data' : 'Management',
    tlsDetails: ctx.source.tls && {
      tlsVersion: ctx.source.tls.version,
      cipherSuite: ctx.source.tls.cipher,
      clientProvidedHostHeader: ctx.source.host,
    },
    sessionCredentialFromConsole: ctx.caller.session?.console ? 'true' : undefined,
  };
  const kind = call.data ? DATA_KIND : 'api';
  const whole = JSON.stringify(record);
  const body = limited(record, whole);
  if (account === ctx.account) keepContext(ctx, id, whole, body);
  return { id, kind, account, region, time: ctx.now.getTime(), body };
}

/** CloudTrail's limits of a field. */
const TEXT_LENGTH_MAX = 1024;
const TEXTS = ['userAgent', 'errorMessage'] as const;
const OBJECTS = [
  ['requestParameters', 100 * 1024],
  ['responseElements', 100 * 1024],
  ['additionalEventData', 28 * 1024],
] as const;
/** A record of so many characters has none that is too large, whatever their bytes. */
const SMALL_LENGTH = (28 * 1024) / 3;
/** The largest event that anybody can ask for. */
const WHOLE_LENGTH_MAX = 1024 * 1024;

type Limited = { readonly [K in (typeof TEXTS)[number]]: string | undefined } & {
  readonly [K in (typeof OBJECTS)[number][0]]: object | null | undefined;
};

/** The record as JSON; what is over CloudTrail's limits is cut off, or left out of it. */
function limited(record: Limited, whole: string): string {
  const long = TEXTS.filter((name) => (record[name]?.length ?? 0) > TEXT_LENGTH_MAX);
  if (long.length === 0 && whole.length <= SMALL_LENGTH) return whole;
  const kept: Record<string, unknown> = { ...record };
  for (const name of long) kept[name] = record[name]?.slice(0, TEXT_LENGTH_MAX);
  for (const [name, most] of OBJECTS) {
    const value = record[name];
    if (value && Buffer.byteLength(JSON.stringify(value)) > most) kept[name] = null;
  }
  return JSON.stringify(kept);
}

/** What an event data store may want beside the record. */
function keepContext({ audit, store }: Context, id: string, whole: string, body: string): void {
  if (!audit.context) return;
  const more = whole !== body && whole.length <= WHOLE_LENGTH_MAX ? { whole } : {};
  store.putBytes(contextId(id), Buffer.from(JSON.stringify({ ...audit.context, ...more })));
}

function requestParameters(audit: AuditNotes, call: Call): object | null {
  const input = recordInput(call.service, call.operation, call.input);
  return audit.requestParameters ? { ...input, ...audit.requestParameters } : (input ?? null);
}

/** Of a read-only call only what the operation itself wants shown. */
function responseElements(audit: AuditNotes, call: Call): object | null {
  if (audit.responseElements !== undefined) return audit.responseElements;
  if (call.readOnly) return null;
  return recordOutput(call.service, call.operation, call.output) ?? null;
}

function serviceEvent(
  ctx: Context,
  service: Service,
  event: NonNullable<AuditNotes['serviceEvents']>[number],
): JournalEntry {
  const id = timeUuid(ctx.now, ctx);
  const region = service.global ? GLOBAL_REGION : ctx.region;
  const record = {
    eventVersion: '1.11',
    userIdentity: { accountId: event.account, invokedBy: service.eventSource },
    eventTime: seconds(ctx.now.getTime()),
    eventSource: service.eventSource,
    eventName: event.eventName,
    awsRegion: region,
    sourceIPAddress: service.eventSource,
    userAgent: service.eventSource,
    requestParameters: null,
    responseElements: null,
    eventID: id,
    readOnly: false,
    eventType: 'AwsServiceEvent',
    managementEvent: true,
    recipientAccountId: event.account,
    serviceEventDetails: event.details,
    eventCategory: 'Management',
  };
  return { id, kind: 'api', account: event.account, region, time: ctx.now.getTime(), body: JSON.stringify(record) };
}

/** What an account learns of a caller from another one. */
function foreignIdentity(caller: Caller): object {
  if (caller.type === 'Service' || caller.type === 'Anonymous') return userIdentity(caller);
  return { type: 'AWSAccount', principalId: caller.userId, accountId: caller.account };
}

interface Recorded extends RecordedEvent {
  readonly eventID: string;
  readonly requestID?: string;
  readonly eventName: string;
  readonly readOnly: boolean;
  readonly userIdentity: RecordedIdentity & { readonly accessKeyId?: string };
  /** Of an Insights event. */
  readonly insightDetails?: {
    readonly eventName?: string;
    readonly eventSource?: string;
    readonly insightSource?: string;
  };
}

/** Insights events are found by fewer. */
function insightAttributes({ eventID, insightDetails }: Recorded): [string, string][] {
  const { eventName = '', eventSource = '' } = insightDetails ?? {};
  return [
    ['EventId', eventID],
    ['EventName', eventName],
    ['EventSource', eventSource],
  ];
}

/** Insights on data events are found by their trail, and by that with one of the same attributes. */
function dataInsightAttributes(record: Recorded): [string, string][] {
  const { insightSource: trail = '' } = record.insightDetails ?? {};
  const within = insightAttributes(record).map(([name, value]): [string, string] => [
    `InsightSource ${name}`,
    `${trail} ${value}`,
  ]);
  return [['InsightSource', trail], ...within];
}

/** The attributes by which LookupEvents finds a record, under LookupEvents' own names, and its request id. */
export function attributesOf(entry: JournalEntry): [string, string][] {
  const record = eventOf<Recorded>(entry);
  if (entry.kind === 'insight') return insightAttributes(record);
  if (entry.kind === 'data-insight') return dataInsightAttributes(record);
  if (entry.kind !== 'api') return record.requestID ? [['RequestId', record.requestID]] : [];
  const found: [string, string][] = [
    ['EventId', record.eventID],
    ['EventName', record.eventName],
    ['EventSource', record.eventSource],
    ['ReadOnly', String(record.readOnly)],
  ];
  const name = userNameOf(record.userIdentity);
  if (record.requestID) found.push(['RequestId', record.requestID]);
  if (name) found.push(['Username', name]);
  if (record.userIdentity.accessKeyId) found.push(['AccessKeyId', record.userIdentity.accessKeyId]);
  for (const { ResourceType, ResourceName } of eventResources(record)) {
    found.push(['ResourceType', ResourceType], ['ResourceName', ResourceName]);
  }
  return found;
}
