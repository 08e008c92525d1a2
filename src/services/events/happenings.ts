/**
 * Events on their way: what the journal says, as EventBridge shows it. Services tell the default bus (`event`), calls
 * and data events are told by their audit records (`api`, `data`), and whoever puts events on a bus (PutEvents, another
 * bus, a schedule, a replay) appends them here with the bus's name.
 */

import { DATA_KIND } from '../../core/eventSelectors.ts';
import { EVENT_KIND, eventOf, type PlaneEvent } from '../../core/events.ts';
import { type Dice, timeUuid } from '../../core/ids.ts';
import type { JournalEntry, JournalRow, Transaction } from '../../store/store.ts';
import { type Encrypted, openedOnTheWay } from './encryption.ts';
import { type BusName, DEFAULT_BUS } from './names.ts';

const BUS_EVENT_KIND = 'bus_event';

/** An event as targets get it. */
export interface BusEvent extends PlaneEvent {
  readonly 'replay-name'?: string;
}

/** What the journal keeps of an event that was put on a bus. */
export interface Put {
  readonly event: BusEvent;
  /** Names of the only rules that it is for: a schedule's own, those that a replay names. */
  readonly only?: readonly string[];
  /** It came from another bus, and goes to no third one. */
  readonly forwarded?: { readonly account: string; readonly region: string };
  /** What the event says, where the bus has a key of its own: `detail` is empty then. */
  readonly sealed?: Encrypted;
}

/** An event, where it happened. */
export interface Happening extends Put {
  readonly bus: string;
  /** A read-only management event: only rules that ask for all of them get it. */
  readonly readOnlyCall: boolean;
}

interface Teller extends Dice {
  readonly store: Transaction;
  readonly now: Date;
}

/** Puts an event on a bus, durable with the rest of the write set. */
export function appendBusEvent(ctx: Teller, { account, region, name }: BusName, put: Put): void {
  const body = JSON.stringify({ bus: name, ...put });
  ctx.store.append({
    id: timeUuid(ctx.now, ctx),
    kind: BUS_EVENT_KIND,
    account,
    region,
    time: ctx.now.getTime(),
    body,
  });
}

const KINDS = new Set([EVENT_KIND, BUS_EVENT_KIND, DATA_KIND, 'api']);

/** Whether an entry may be an event on some bus, without reading it. */
export const mayHappen = ({ kind }: JournalEntry): boolean => KINDS.has(kind);

/** Whether somebody put it on a bus, and perhaps for certain rules alone. */
export const wasPut = ({ kind }: JournalEntry): boolean => kind === BUS_EVENT_KIND;

/** Whether it is told by its audit record. */
export const isCall = ({ kind }: JournalEntry): boolean => kind === 'api' || kind === DATA_KIND;

export const busOfEntry = (entry: JournalRow): string =>
  wasPut(entry) ? eventOf<{ bus: string }>(entry).bus : DEFAULT_BUS;

/** Undefined for what is no event on any bus. */
export function happeningOf(entry: JournalRow): Happening | undefined {
  if (entry.kind === EVENT_KIND) return { bus: DEFAULT_BUS, readOnlyCall: false, event: eventOf<BusEvent>(entry) };
  if (entry.kind === BUS_EVENT_KIND) return { readOnlyCall: false, ...eventOf<Put & { bus: string }>(entry) };
  return callEvent(entry);
}

/** With what it says in clear. Undefined also for an encrypted event whose time is past. */
export async function openHappening(
  around: Parameters<typeof openedOnTheWay>[0],
  entry: JournalRow,
): Promise<Happening | undefined> {
  const happening = happeningOf(entry);
  if (!happening?.sealed) return happening;
  const { sealed, ...rest } = happening;
  const text = await openedOnTheWay(around, sealed);
  return text === undefined ? undefined : { ...rest, event: { ...rest.event, detail: JSON.parse(text) as object } };
}

interface Recorded {
  readonly eventType?: string;
  readonly eventSource?: string;
  readonly eventTime: string;
  readonly awsRegion: string;
  readonly readOnly?: boolean;
  readonly managementEvent?: boolean;
  readonly userIdentity?: { readonly invokedBy?: string };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
const DETAIL_TYPES: Readonly<Record<string, string>> = {
  AwsApiCall: 'AWS API Call via CloudTrail',
  AwsServiceEvent: 'AWS Service Event via CloudTrail',
  AwsConsoleSignIn: 'AWS Console Sign In via CloudTrail',
  AwsConsoleAction: 'AWS Console Action via CloudTrail',
  AwsCloudTrailInsight: 'AWS Insight via CloudTrail',
};

/** EventBridge's own deliveries are told to nobody: a rule for every call would otherwise feed itself. */
const OURSELVES = 'events.amazonaws.com';

function callEvent(entry: JournalRow): Happening | undefined {
  const detail = eventOf<Recorded>(entry);
  const detailType = DETAIL_TYPES[detail.eventType ?? ''];
  if (detailType === undefined || detail.userIdentity?.invokedBy === OURSELVES) return undefined;
  return {
    bus: DEFAULT_BUS,
    readOnlyCall: detail.readOnly === true && detail.managementEvent === true,
    event: {
      version: '0',
      id: entry.id,
      'detail-type': detailType,
      source: `aws.${(detail.eventSource ?? 'cloudtrail').replace(/\.amazonaws\.com$/, '')}`,
      account: entry.account,
      time: detail.eventTime,
      region: detail.awsRegion,
      resources: [],
      detail,
    },
  };
}
