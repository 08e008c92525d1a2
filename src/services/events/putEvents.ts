/** Events of one's own. */
import type {
  PutEventsRequest,
  PutEventsRequestEntry,
  PutEventsResponse,
  PutEventsResultEntry,
  PutPartnerEventsRequestEntry,
  TestEventPatternRequest,
  TestEventPatternResponse,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import { timeUuid } from '../../core/ids.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { isDeep } from '../../patterns/index.ts';
import { putOnBus } from './arrivals.ts';
import { type Bus, findBus } from './busRows.ts';
import { acceptedPattern, refuse } from './errors.ts';
import { tellPut } from './measures.ts';
import { type BusName, busArn, busNamed } from './names.ts';

type Entry = PutEventsRequestEntry;

/** The buses that the entries name, by the name they are given. */
type Buses = ReadonlyMap<string | undefined, { readonly named: BusName; readonly bus: Bus | undefined }>;

const BYTES_MAX = 1_048_576;

export const PutEvents: Operation<Present<PutEventsRequest>, PutEventsResponse, Buses> = {
  recorded: 'never',
  // A mebibyte of entries, with what JSON in JSON adds to it.
  bodyBytesMax: 4 * BYTES_MAX,
  async load(input, ctx) {
    const found = new Map<string | undefined, { named: BusName; bus: Bus | undefined }>();
    for (const { EventBusName } of input.Entries) {
      if (found.has(EventBusName)) continue;
      const named = busNamed(ctx, EventBusName);
      found.set(EventBusName, { named, bus: await findBus(ctx.store, named) });
    }
    return found;
  },
  access: (input, _ctx, found) => accesses(input.Entries, found),
  async run(input, ctx, found) {
    if (input.EndpointId !== undefined) notImplemented('A global endpoint (EndpointId)');
    requireSizeOf(input.Entries);
    const Entries: PutEventsResultEntry[] = [];
    for (const entry of input.Entries) Entries.push(await accepted(ctx, entry, found.get(entry.EventBusName)!));
    const failed = Entries.filter(({ ErrorCode }) => ErrorCode !== undefined).length;
    const bytes = input.Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    tellPut(ctx, 'PutEvents', { entries: Entries.length, failed, bytes });
    return { FailedEntryCount: failed, Entries };
  },
};

/** One question for each bus, source and detail type. */
function accesses(entries: readonly Entry[], found: Buses): Access[] {
  const asked = new Map<string, Access>();
  for (const { EventBusName, Source, DetailType } of entries) {
    const { named, bus } = found.get(EventBusName)!;
    const resource = busArn(named);
    asked.set(JSON.stringify([resource, Source, DetailType]), {
      resource,
      resourcePolicy: bus?.policy,
      resourceTags: bus?.tags,
      conditions: { 'events:source': Source, 'events:detail-type': DetailType, 'events:eventBusInvocation': 'false' },
    });
  }
  return [...asked.values()];
}

/** @throws ValidationException for entries that are too long together */
export function requireSizeOf(entries: readonly PutPartnerEventsRequestEntry[]): void {
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) <= BYTES_MAX) return;
  refuse('Total size of the entries in the request is over the limit.');
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-send-events-size */
function sizeOf({ Time, Source, DetailType, Detail, Resources }: PutPartnerEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...(Resources ?? [])];
  return (Time === undefined ? 0 : 14) + texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}

const REQUIRED = ['Source', 'DetailType', 'Detail'] as const;

async function accepted(
  ctx: Context,
  entry: Entry,
  { named, bus }: { readonly named: BusName; readonly bus: Bus | undefined },
): Promise<PutEventsResultEntry> {
  if (/^aws\./i.test(entry.Source ?? '')) {
    return failed('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  if (named.region !== ctx.region) {
    return failed(
      'InvalidArgument',
      'Parameter EventBusName is not valid. Reason: Cross-Region event bus is not supported.',
    );
  }
  // What is put on a bus that is not there is dropped, as AWS does.
  return acceptedEvent(ctx, entry, bus ? [bus] : [], ctx.account);
}

/** Puts an event on buses, if it is one. `account`: whose event it is; else that of each bus. */
export async function acceptedEvent(
  ctx: Context,
  entry: PutPartnerEventsRequestEntry,
  buses: readonly Bus[],
  account?: string,
): Promise<PutEventsResultEntry> {
  for (const name of REQUIRED) {
    if (entry[name]) continue;
    return failed('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
  }
  const detail = detailOf(entry.Detail!);
  if (!detail) return failed('MalformedDetail', 'Detail is malformed.');
  const id = timeUuid(ctx.now, ctx);
  for (const bus of buses) {
    const event = {
      version: '0',
      id,
      'detail-type': entry.DetailType!,
      source: entry.Source!,
      account: account ?? bus.account,
      time: `${(entry.Time ?? ctx.now).toISOString().slice(0, 19)}Z`,
      region: ctx.region,
      resources: entry.Resources ?? [],
      detail,
    } as const;
    await putOnBus(ctx, bus, { event });
  }
  return { EventId: id };
}

const failed = (ErrorCode: string, ErrorMessage: string): PutEventsResultEntry => ({ ErrorCode, ErrorMessage });

/** A JSON object, not nested without bound. */
function detailOf(text: string): object | undefined {
  if (isDeep(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const EVENT_FIELDS = ['id', 'account', 'source', 'time', 'region', 'resources', 'detail-type'];

export const TestEventPattern: Operation<Present<TestEventPatternRequest>, TestEventPatternResponse> = {
  readOnly: true,
  access: () => ({ resource: '*' }),
  async run(input) {
    const pattern = acceptedPattern(input.EventPattern);
    const event = detailOf(input.Event) as Record<string, unknown> | undefined;
    if (!event || EVENT_FIELDS.some((name) => !Object.hasOwn(event, name))) refuse('Parameter Event is not valid.');
    return { Result: pattern.matches(event) };
  },
};
