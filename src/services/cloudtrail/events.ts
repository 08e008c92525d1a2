/** Event history: the management events of one account in one Region, for 90 days. */
import {
  type EventCategory,
  InvalidLookupAttributesException,
  InvalidNextTokenException,
  InvalidParameterException,
  InvalidTimeRangeException,
  type ListInsightsDataRequest,
  type ListInsightsDataResponse,
  type LookupAttribute,
  type LookupEventsRequest,
  type LookupEventsResponse,
  type Event as SdkEvent,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { eventResources, type RecordedEvent, type RecordedIdentity, userNameOf } from '../../core/eventResources.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { JournalRow } from '../../store/store.ts';
import { DATA_INSIGHT_KIND, INSIGHT_KIND } from './insightEvents.ts';
import { requireOwnInsights } from './organizationTrails.ts';
import { findTrail, trailAccess } from './trailNames.ts';
import { type Trail, trailArn } from './trailRows.ts';

const DAYS_KEPT = 90;
const DAY_MS = 86_400_000;
const RESULTS_MAX = 50;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html */
export const LookupEvents: Operation<LookupEventsRequest, LookupEventsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const attribute = attributeOf(input.LookupAttributes, input.EventCategory);
    const { StartTime: start, EndTime: end } = input;
    if (start && end && start > end) {
      fail(InvalidTimeRangeException, 'The start time must be before or the same as the end time.');
    }
    const question = JSON.stringify([attribute, start, end, input.EventCategory]);
    const after = input.NextToken === undefined ? undefined : cursorIn(input.NextToken, question, ctx);
    const { entries, next } = await ctx.journal.lookup({
      kind: input.EventCategory ? INSIGHT_KIND : 'api',
      account: ctx.account,
      region: ctx.region,
      attribute,
      from: Math.max(start?.getTime() ?? 0, ctx.now.getTime() - DAYS_KEPT * DAY_MS),
      to: end?.getTime(),
      limit: input.MaxResults ?? RESULTS_MAX,
      after,
    });
    const view = input.EventCategory ? insightView : eventView;
    return { Events: entries.map(view), ...(next && { NextToken: tokenOf(next, question, ctx) }) };
  },
};

const INSIGHT_KEYS = new Set(['EventId', 'EventName', 'EventSource']);

/** The one attribute there may be. The API model's check has proved its key. */
function attributeOf(attributes: readonly LookupAttribute[] | undefined, category: EventCategory | undefined) {
  const [first, ...more] = attributes ?? [];
  if (!first) return undefined;
  if (more.length > 0) fail(InvalidLookupAttributesException, 'Only one lookup attribute can be specified.');
  const { AttributeKey: name, AttributeValue: value } = first as Required<LookupAttribute> & { AttributeKey: string };
  if (category === 'insight' && !INSIGHT_KEYS.has(name)) {
    fail(InvalidLookupAttributesException, `${name} is not a valid lookup attribute for Insights events.`);
  }
  if (name === 'ReadOnly' && value !== 'true' && value !== 'false') {
    fail(InvalidLookupAttributesException, 'The value of the ReadOnly lookup attribute must be true or false.');
  }
  return { name, value: value as string };
}

const PURPOSE = 'cloudtrail-next-token';

/** A token holds for the question it was given for: its parameters, in its account and Region. */
function tokenOf(cursor: string, question: string, ctx: Context): string {
  return ctx.secrets.seal(PURPOSE, JSON.stringify([cursor, ctx.account, ctx.region, question]), ctx.random(12));
}

function cursorIn(
  token: string,
  question: string,
  ctx: Context,
  refusal: typeof InvalidNextTokenException | typeof InvalidParameterException = InvalidNextTokenException,
): string {
  const opened = ctx.secrets.open(PURPOSE, token)?.toString();
  const [cursor, ...asked] = opened === undefined ? [] : (JSON.parse(opened) as string[]);
  const same = JSON.stringify(asked) === JSON.stringify([ctx.account, ctx.region, question]);
  if (cursor === undefined || !same) fail<Error>(refusal, 'Invalid NextToken.');
  return cursor;
}

interface Recorded extends RecordedEvent {
  readonly eventID: string;
  readonly eventName: string;
  readonly readOnly: boolean;
  readonly userIdentity: RecordedIdentity & { readonly accessKeyId?: string };
}

function eventView(row: JournalRow): SdkEvent {
  const record = JSON.parse(row.body) as Recorded;
  return {
    EventId: record.eventID,
    EventName: record.eventName,
    ReadOnly: String(record.readOnly),
    AccessKeyId: record.userIdentity.accessKeyId,
    EventTime: new Date(Math.floor(row.time / 1000) * 1000),
    EventSource: record.eventSource,
    Username: userNameOf(record.userIdentity),
    Resources: eventResources(record),
    CloudTrailEvent: row.body,
  };
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListInsightsData.html */
export const ListInsightsData: Operation<Present<ListInsightsDataRequest>, ListInsightsDataResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.InsightSource),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(input, ctx, trail) {
    const { StartTime: start, EndTime: end, NextToken: token } = input;
    const [dimension, ...more] = Object.entries(input.Dimensions ?? {});
    if (more.length > 0) fail(InvalidParameterException, 'Only one dimension can be specified.');
    if (start && end && start > end) fail(InvalidParameterException, 'The start time must be before the end time.');
    await requireOwnInsights(ctx, trail);
    const source = trailArn(trail);
    const question = JSON.stringify([source, dimension, start, end]);
    const { entries, next } = await ctx.journal.lookup({
      kind: DATA_INSIGHT_KIND,
      account: ctx.account,
      region: ctx.region,
      attribute: insightAttribute(source, dimension),
      from: Math.max(start?.getTime() ?? 0, ctx.now.getTime() - DAYS_KEPT * DAY_MS),
      to: end?.getTime(),
      limit: input.MaxResults ?? RESULTS_MAX,
      after: token === undefined ? undefined : cursorIn(token, question, ctx, InvalidParameterException),
    });
    return { Events: entries.map(insightView), ...(next && { NextToken: tokenOf(next, question, ctx) }) };
  },
};

/** By what the journal finds Insights on data events: those of a trail, and of these those of one dimension. */
const insightAttribute = (trail: string, dimension: readonly [name: string, value: string] | undefined) =>
  dimension
    ? { name: `InsightSource ${dimension[0]}`, value: `${trail} ${dimension[1]}` }
    : { name: 'InsightSource', value: trail };

function insightView(row: JournalRow): SdkEvent {
  const record = JSON.parse(row.body) as {
    readonly eventID: string;
    readonly insightDetails: { readonly eventName: string; readonly eventSource: string };
  };
  const { eventName, eventSource } = record.insightDetails;
  return {
    EventId: record.eventID,
    EventName: eventName,
    EventTime: new Date(row.time),
    EventSource: eventSource,
    Resources: [],
    CloudTrailEvent: row.body,
  };
}
