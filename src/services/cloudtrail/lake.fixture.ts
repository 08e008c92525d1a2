/** What tests of Lake begin with: event data stores, queries, and events from outside of AWS. */
import type { Clients, Cloud } from '../../testing/cloud.ts';

export interface MadeStore {
  readonly arn: string;
  readonly id: string;
}

export async function storeIn(cloud: Cloud, settings: object = {}) {
  const made = await cloud.root.cloudtrail.createEventDataStore({ Name: 'events', ...settings });
  const arn = made.EventDataStoreArn!;
  return { arn, id: arn.slice(arn.lastIndexOf('/') + 1), made };
}

const ACTIVITY = [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['ActivityAuditLog'] }] }];

export const activityStore = (cloud: Cloud, settings: object = {}) =>
  storeIn(cloud, { Name: 'activity', AdvancedEventSelectors: ACTIVITY, ...settings });

/** A store for events from outside of AWS, and a channel into it. */
export async function channelIn(cloud: Cloud, settings: object = {}) {
  const store = await activityStore(cloud, settings);
  const { ChannelArn = '' } = await cloud.root.cloudtrail.createChannel({
    Name: 'own-application',
    Source: 'Custom',
    Destinations: [{ Type: 'EVENT_DATA_STORE', Location: store.arn }],
  });
  return { store, channel: ChannelArn };
}

/** `eventData` of an event for that account. */
export const eventData = (account: string, more: object = {}): string =>
  JSON.stringify({
    version: '1.0',
    userIdentity: { type: 'CustomUser', principalId: 'alice', details: { team: 'red' } },
    eventSource: 'shop.example.com',
    eventName: 'Checkout',
    eventTime: '2029-12-31T23:59:00Z',
    UID: 'request-1',
    recipientAccountId: account,
    requestParameters: { basket: '17' },
    sourceIPAddress: '192.0.2.7',
    ...more,
  });

/** Asks, lets it be answered, and reads the answer. */
export async function asked(cloud: Cloud, question: Parameters<Clients['cloudtrail']['startQuery']>[0] | string) {
  const { cloudtrail } = cloud.root;
  const input = typeof question === 'string' ? { QueryStatement: question } : question;
  const { QueryId } = await cloudtrail.startQuery(input);
  await cloud.settle();
  return { QueryId: QueryId!, ...(await answerTo(cloud.root, QueryId!)) };
}

export async function answerTo({ cloudtrail }: Clients, QueryId: string) {
  const { QueryStatus, QueryResultRows, ErrorMessage, QueryStatistics } = await cloudtrail.getQueryResults({ QueryId });
  const rows = (QueryResultRows ?? []).map((row) => Object.assign({}, ...row) as Record<string, string>);
  return { QueryStatus, rows, ErrorMessage, QueryStatistics };
}
