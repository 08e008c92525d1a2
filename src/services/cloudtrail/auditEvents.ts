/**
 * PutAuditEvents: events from outside of AWS. Each is taken or refused for itself; what is taken is in the journal
 * before the answer leaves, and from there reaches the channel's event data stores.
 * https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/API_PutAuditEvents.html
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-integration-event-schema.html
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { timeUuid } from '../../core/ids.ts';
import { type Limit, Missing, type Operation, type Present } from '../../core/operation.ts';
import {
  ACTIVITY_KIND,
  activityBody,
  type Channel,
  channelArn,
  channels,
  type Ingestion,
  ingestions,
} from './channelRows.ts';
import { channelPlace } from './channels.ts';
import {
  type AuditEvent,
  ChannelInsufficientPermission,
  ChannelNotFound,
  DuplicatedAuditEventId,
  InvalidChannelARN,
  type PutAuditEventsRequest,
  type PutAuditEventsResponse,
} from './dataModel.ts';

export const auditEventLimits: Readonly<Record<string, Limit>> = {
  auditEvents: { required: true, length: [1, 100] },
  'auditEvents[].id': { required: true, length: [1, 128], pattern: '^[-_A-Za-z0-9]+$' },
  'auditEvents[].eventData': { required: true },
  channelArn: { required: true },
  externalId: { length: [2, 1224], pattern: '^[\\w+=,.@:\\/-]*$' },
};

export const PutAuditEvents: Operation<Present<PutAuditEventsRequest>, PutAuditEventsResponse, Channel> = {
  recorded: 'data',
  async load(input, ctx) {
    const place = channelPlace(ctx, input.channelArn);
    if (!place) return new Missing('*', awsError(InvalidChannelARN, `Invalid channel ARN: ${input.channelArn}`));
    const channel = await ctx.store.get(channels, [place.account, place.region, place.id]);
    if (channel && channel.region === ctx.region) return channel;
    return new Missing(channelArn(place), awsError(ChannelNotFound, `The channel ${input.channelArn} was not found.`));
  },
  access: (input, _ctx, channel) => ({
    resource: channelArn(channel),
    resourceTags: channel.tags,
    ...(channel.policy !== undefined && { resourcePolicy: channel.policyInForce ?? channel.policy }),
    conditions: { [EXTERNAL_ID]: input.externalId },
  }),
  async run(input, ctx, channel) {
    const ARN = channelArn(channel);
    ctx.audit.resources = [{ type: 'AWS::CloudTrail::Channel', ARN, accountId: channel.account }];
    if (channel.account !== ctx.account) ctx.audit.recipientAccountId = channel.account;
    if (input.externalId === undefined && asksForExternalId(channel)) {
      fail(ChannelInsufficientPermission, `The resource policy of ${ARN} requires an external ID.`);
    }
    const ids = input.auditEvents.map(({ id }) => id);
    if (new Set(ids).size < ids.length) {
      fail(DuplicatedAuditEventId, 'Two or more entries in the request have the same event ID.');
    }
    return ingested(ctx, channel, input.auditEvents);
  },
};

const EXTERNAL_ID = 'cloudtrail:ExternalId';

/** With one in its policy, a channel takes nothing from anybody who names none. */
const asksForExternalId = ({ policy = '' }: Channel) => policy.toLowerCase().includes(`"${EXTERNAL_ID.toLowerCase()}"`);

async function ingested(
  ctx: Context,
  channel: Channel,
  events: readonly AuditEvent[],
): Promise<PutAuditEventsResponse> {
  const answer: PutAuditEventsResponse = { successful: [], failed: [] };
  const stores = channel.destinations.map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
  const time = ctx.now.getTime();
  for (const event of events) {
    const id = event.id ?? '';
    const data = understood(event, channel);
    if ('code' in data) {
      answer.failed.push({ id, errorCode: data.code, errorMessage: data.message });
      continue;
    }
    const eventID = timeUuid(ctx.now, ctx);
    const { account, region } = channel;
    const body = activityBody(stores, recordOf(ctx, channel, eventID, data.eventData));
    ctx.store.append({ id: eventID, kind: ACTIVITY_KIND, account, region, time, body });
    answer.successful.push({ id, eventID });
  }
  const note = (kind: Ingestion['kind'], eventId: string, errorCode?: string) =>
    ctx.store.replace(ingestions, {
      channel: channelArn(channel),
      kind,
      time,
      eventId,
      ...(errorCode !== undefined && { errorCode }),
    });
  const [taken, refused] = [answer.successful.at(-1), answer.failed.at(-1)];
  await note('attempt', events.at(-1)?.id ?? '');
  if (taken) await note('success', taken.eventID);
  if (refused) await note('failure', refused.id, refused.errorCode);
  return answer;
}

interface EventData {
  readonly eventTime: string;
}

const recordOf = (ctx: Context, channel: Channel, eventID: string, eventData: EventData) => ({
  eventVersion: '1.0',
  eventCategory: 'ActivityAuditLog',
  eventType: 'ActivityLog',
  eventID,
  eventTime: wholeSeconds(new Date(utc(eventData.eventTime))),
  awsRegion: channel.region,
  recipientAccountId: channel.account,
  metadata: { ingestionTime: wholeSeconds(ctx.now), channelARN: channelArn(channel) },
  eventData,
});

const wholeSeconds = (time: Date) => `${time.toISOString().slice(0, 19)}Z`;

/** Times are in UTC, whether or not they say so. */
const utc = (text: string) => (/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);

interface Refusal {
  readonly code: string;
  readonly message: string;
}

type Value = string | Readonly<Record<string, unknown>>;

interface FieldRule {
  readonly kind: 'text' | 'object';
  readonly required?: true;
  /** Characters of a text, bytes of an object. */
  readonly most?: number;
}

const text = (most: number): FieldRule => ({ kind: 'text', most });
const needed = (most: number): FieldRule => ({ kind: 'text', required: true, most });
const json = (kilobytes: number): FieldRule => ({ kind: 'object', most: kilobytes * 1024 });

/** What events give of themselves. */
const FIELDS: Readonly<Record<string, FieldRule>> = {
  version: needed(256),
  userIdentity: { kind: 'object', required: true },
  'userIdentity.type': needed(128),
  'userIdentity.principalId': needed(1024),
  'userIdentity.details': { kind: 'object' },
  userAgent: text(1024),
  eventSource: needed(1024),
  eventName: needed(1024),
  eventTime: needed(64),
  UID: needed(1024),
  requestParameters: json(100),
  responseElements: json(100),
  errorCode: text(256),
  errorMessage: text(256),
  sourceIPAddress: text(64),
  recipientAccountId: needed(16),
  additionalEventData: json(28),
};
const FIELDS_OF_ALL: ReadonlySet<string> = new Set(Object.keys(FIELDS).map((path) => path.split('.')[0] ?? path));

/** What an event says, or why it cannot be taken. */
function understood(event: AuditEvent, channel: Channel): { readonly eventData: EventData } | Refusal {
  const { eventData = '', eventDataChecksum } = event;
  if (eventDataChecksum !== undefined) {
    const checksum = createHash('sha256').update(eventData).digest('base64');
    if (checksum !== eventDataChecksum)
      return refusal('InvalidChecksum', 'The checksum does not match the event data.');
  }
  let data: unknown;
  try {
    data = JSON.parse(eventData);
  } catch {
    return refusal('InvalidData', 'The event data is not valid JSON.');
  }
  if (!isObject(data)) return refusal('InvalidData', 'The event data is not a JSON object.');
  const fault = fieldFault(data) ?? meaningFault(data, channel);
  return fault ?? { eventData: data as unknown as EventData };
}

const refusal = (code: string, message: string): Refusal => ({ code, message });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fieldFault(data: Readonly<Record<string, unknown>>): Refusal | undefined {
  const unknown = Object.keys(data).find((name) => !FIELDS_OF_ALL.has(name));
  if (unknown !== undefined) return refusal('InvalidData', `The field ${unknown} is not in the event schema.`);
  for (const [path, rule] of Object.entries(FIELDS)) {
    const value = path
      .split('.')
      .reduce<unknown>((within, name) => (isObject(within) ? within[name] : undefined), data);
    if (value === undefined || value === null) {
      if (rule.required) return refusal('FieldNotFound', `The required field ${path} was not found.`);
      continue;
    }
    if (rule.kind === 'text' ? typeof value !== 'string' : !isObject(value)) {
      return refusal(
        'InvalidData',
        `The field ${path} must be ${rule.kind === 'text' ? 'a string' : 'a JSON object'}.`,
      );
    }
    if (sizeOf(value as Value) > (rule.most ?? Number.POSITIVE_INFINITY)) {
      return refusal('FieldTooLong', `The field ${path} exceeds its maximum length of ${rule.most}.`);
    }
  }
  return undefined;
}

const sizeOf = (value: Value) => (typeof value === 'string' ? value.length : Buffer.byteLength(JSON.stringify(value)));

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;

function meaningFault(data: Readonly<Record<string, unknown>>, channel: Channel): Refusal | undefined {
  const { eventTime, eventSource, recipientAccountId, sourceIPAddress } = data as Record<string, string | undefined>;
  if (!TIME.test(eventTime ?? '') || Number.isNaN(Date.parse(utc(eventTime ?? '')))) {
    return refusal('InvalidData', 'The field eventTime is not a time in the format yyyy-MM-DDTHH:mm:ss.');
  }
  if (recipientAccountId !== channel.account) {
    return refusal('InvalidRecipient', 'The recipientAccountId is not the account that owns the channel.');
  }
  if (/(^|\.)amazonaws\.com$/i.test(eventSource ?? '')) {
    return refusal('InvalidEventSource', 'Events of AWS services cannot be ingested through a channel.');
  }
  if (sourceIPAddress !== undefined && isIP(sourceIPAddress) === 0) {
    return refusal('InvalidData', 'The field sourceIPAddress is not an IP address.');
  }
  return undefined;
}
