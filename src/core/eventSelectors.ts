/**
 * Which events somebody asked for: CloudTrail's advanced event selectors, and the accounts whose data events are kept.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
 */
import type { JournalEntry, Transaction } from '../store/store.ts';
import { table } from '../store/store.ts';
import type { RecordedResource } from './context.ts';
import { eventOf } from './events.ts';

/** Journal kind of data events; management events are `api`. */
export const DATA_KIND = 'data';

export interface FieldSelector {
  readonly Field?: string | undefined;
  readonly Equals?: readonly string[] | undefined;
  readonly StartsWith?: readonly string[] | undefined;
  readonly EndsWith?: readonly string[] | undefined;
  readonly NotEquals?: readonly string[] | undefined;
  readonly NotStartsWith?: readonly string[] | undefined;
  readonly NotEndsWith?: readonly string[] | undefined;
}

/** All fields must match; of several selectors one must. */
export type EventSelector = readonly FieldSelector[];

/** The data events of an account that its trails and event data stores want, or an organization's of all its accounts. */
export interface DataEventWish {
  /** Account id, or organization id; `*` for the mark that somebody wants any at all. */
  readonly account: string;
  readonly selectors: readonly EventSelector[];
}

/** Written by the CloudTrail service whenever a trail or an event data store changes. */
export const dataEventWishes = table<DataEventWish>('trail_wish', { key: ({ account }) => [account] });

/** Whether any account wants any: one look at a cached row, so that calls nobody wants recorded cost nothing. */
export const anyDataEventWanted = async (tx: Transaction): Promise<boolean> =>
  (await tx.get(dataEventWishes, ['*'])) !== undefined;

/** Whether the account that the entry is for wants it, or the organization that the account is in. */
export async function wantsDataEvent(
  tx: Transaction,
  entry: JournalEntry,
  organization: string | undefined,
): Promise<boolean> {
  for (const owner of organization === undefined ? [entry.account] : [entry.account, organization]) {
    const wish = await tx.get(dataEventWishes, [owner]);
    if (wish?.selectors.some((selector) => selects(selector, eventOf(entry)))) return true;
  }
  return false;
}

/** The fields of a record that selectors know. */
export interface SelectableEvent {
  readonly eventCategory?: string;
  readonly eventName?: string;
  readonly eventSource?: string;
  readonly eventType?: string;
  readonly readOnly?: boolean;
  readonly errorCode?: string;
  readonly vpcEndpointId?: string;
  readonly userIdentity?: { readonly arn?: string };
  readonly sessionCredentialFromConsole?: string;
  readonly resources?: readonly Partial<RecordedResource>[] | undefined;
}

const FIELDS: Readonly<Record<string, (event: SelectableEvent) => readonly (string | undefined)[]>> = {
  eventCategory: (event) => [event.eventCategory],
  eventName: (event) => [event.eventName],
  eventSource: (event) => [event.eventSource],
  eventType: (event) => [event.eventType],
  readOnly: (event) => [String(event.readOnly ?? false)],
  errorCode: (event) => [event.errorCode],
  vpcEndpointId: (event) => [event.vpcEndpointId],
  'userIdentity.arn': (event) => [event.userIdentity?.arn],
  sessionCredentialFromConsole: (event) => [event.sessionCredentialFromConsole],
  'resources.type': (event) => event.resources?.map(({ type }) => type) ?? [],
  'resources.ARN': (event) => event.resources?.map(({ ARN, ARNPrefix }) => ARN ?? ARNPrefix) ?? [],
};

export function selects(selector: EventSelector, event: SelectableEvent): boolean {
  return selector.every((field) => {
    const values = (FIELDS[field.Field ?? '']?.(event) ?? []).filter((value) => value !== undefined);
    return (
      some(field.Equals, values, (value, wanted) => value === wanted) &&
      some(field.StartsWith, values, (value, wanted) => value.startsWith(wanted)) &&
      some(field.EndsWith, values, (value, wanted) => value.endsWith(wanted)) &&
      !any(field.NotEquals, values, (value, unwanted) => value === unwanted) &&
      !any(field.NotStartsWith, values, (value, unwanted) => value.startsWith(unwanted)) &&
      !any(field.NotEndsWith, values, (value, unwanted) => value.endsWith(unwanted))
    );
  });
}

type Matches = (value: string, wanted: string) => boolean;

const some = (wanted: readonly string[] | undefined, values: readonly string[], matches: Matches) =>
  wanted === undefined || wanted.length === 0 || any(wanted, values, matches);

const any = (wanted: readonly string[] | undefined, values: readonly string[], matches: Matches) =>
  wanted?.some((each) => values.some((value) => matches(value, each))) ?? false;
