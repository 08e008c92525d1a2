/** Channels in the store: ways by which events from outside of AWS come into event data stores. */
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import type { PolicyFields } from './resourcePolicyRules.ts';

/** Its policy says who may put events into it. */
export interface Channel extends PolicyFields {
  readonly account: string;
  readonly region: string;
  /** UUID. */
  readonly id: string;
  readonly name: string;
  /** `Custom`, or the partner's name. */
  readonly source: string;
  /** ARNs of event data stores. */
  readonly destinations: readonly string[];
  readonly tags: readonly Tag[];
}

export const channelArn = ({ account, region, id }: Pick<Channel, 'account' | 'region' | 'id'>) =>
  `arn:aws:cloudtrail:${region}:${account}:channel/${id}`;

/** Index `name`: [account, region, name]. `source`: [account, region, source]. `destination`: [ARN]. */
export const channels = table<Channel>('trail_channel', {
  key: (c) => [c.account, c.region, c.id],
  indexes: {
    name: (c) => [[c.account, c.region, c.name]],
    source: (c) => [[c.account, c.region, c.source]],
    region: (c) => [[c.account, c.region]],
    destination: (c) => c.destinations.map((arn) => [arn]),
  },
});

/** What last came through a channel, apart from its row: many may put events into it at a time. */
export interface Ingestion {
  /** ARN. */
  readonly channel: string;
  readonly kind: 'success' | 'attempt' | 'failure';
  /** Milliseconds. */
  readonly time: number;
  /** Of an attempt the sender's own. */
  readonly eventId: string;
  readonly errorCode?: string | undefined;
}

export const ingestions = table<Ingestion>('trail_channel_ingestion', { key: (i) => [i.channel, i.kind] });

/** Journal kind of events that came through channels. */
export const ACTIVITY_KIND = 'activity';

/** How such an entry begins: whither it goes, then the event as it will be kept. */
export const activityBody = (stores: readonly string[], event: object) =>
  `{"stores":${JSON.stringify(stores)},"event":${JSON.stringify(event)}}`;

const MIDDLE = ',"event":';

/** The event's JSON in an entry, and ids of the event data stores that it goes to. */
export function activityIn(body: string): { readonly stores: readonly string[]; readonly event: string } {
  const at = body.indexOf(MIDDLE);
  return {
    stores: JSON.parse(body.slice('{"stores":'.length, at)) as string[],
    event: body.slice(at + MIDDLE.length, -1),
  };
}
