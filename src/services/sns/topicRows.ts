/** Topics and subscriptions as they are kept. Rows only: nothing here loads an SDK client. */
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface Topic {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly fifo: boolean;
  /** Milliseconds. */
  readonly created: number;
  /** What was set, as it was set. The policy is not among them. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Its principals bound to who they are; absent while it is the default. */
  readonly policy?: string;
  /** Data protection policy, as it was put. */
  readonly dataProtection?: string;
  /** While it has an archive policy: since when (milliseconds), and for how long messages stay. */
  readonly archive?: { readonly id: string; readonly since: number; readonly days: number };
  readonly tags: readonly Tag[];
}

export const topics = table<Topic>('sns_topic', { key: ({ account, region, name }) => [account, region, name] });

export const topicArn = ({ account, region, name }: Pick<Topic, 'account' | 'region' | 'name'>) =>
  `arn:aws:sns:${region}:${account}:${name}`;

const TOPIC = /^arn:aws:sns:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$/;

/** The key of the topic that an ARN names; undefined if it is none. */
export function topicKey(arn: string): readonly [account: string, region: string, name: string] | undefined {
  const [, region, account, name] = TOPIC.exec(arn) ?? [];
  return name === undefined ? undefined : [account!, region!, name];
}

export type Protocol = 'http' | 'https' | 'email' | 'email-json' | 'sms' | 'sqs' | 'firehose';

export interface Subscription {
  /** ARN of the topic. */
  readonly topic: string;
  readonly id: string;
  /** Account that subscribed. */
  readonly owner: string;
  readonly region: string;
  /** ARN of who subscribed. */
  readonly principal: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  /** Milliseconds. */
  readonly created: number;
  /** Until the endpoint confirms: what it must show. */
  readonly token?: string;
  /** The token it was confirmed with: confirming again changes nothing. */
  readonly confirmedWith?: string;
  /** Who confirmed was signed in, so only its owner may unsubscribe it. */
  readonly authenticated: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly replay?: Replay;
}

/** A subscription's way through its topic's archive. */
export interface Replay {
  readonly id: string;
  readonly status: 'Pending' | 'In progress' | 'Completed' | 'Failed';
  /** The place in the archive that it has reached. */
  readonly at: string;
  /** Milliseconds: where it stops. */
  readonly end?: number;
}

export const subscriptions = table<Subscription>('sns_subscription', {
  key: ({ topic, id }) => [topic, id],
  indexes: {
    owner: ({ owner, region }) => [[owner, region]],
    endpoint: ({ topic, protocol, endpoint, owner }) => [[topic, protocol, endpoint, owner]],
    status: ({ topic, token }) => [[topic, token === undefined ? 'confirmed' : 'pending']],
    token: ({ token, confirmedWith }) => [token ?? confirmedWith ?? []].flat().map((text) => [text]),
    replaying: ({ topic, region, replay }) =>
      replay?.status === 'Pending' || replay?.status === 'In progress' ? [[topic.split(':')[4]!, region]] : [],
    filtered: ({ topic, attributes }) => (attributes.FilterPolicy === undefined ? [] : [[topic]]),
  },
});

export const subscriptionArn = ({ topic, id }: Pick<Subscription, 'topic' | 'id'>) => `${topic}:${id}`;

/** Topic and id in a subscription's ARN. */
export function subscriptionKey(arn: string): readonly [topic: string, id: string] | undefined {
  const colon = arn.lastIndexOf(':');
  const topic = arn.slice(0, colon);
  return topicKey(topic) && /^[0-9a-f-]{36}$/.test(arn.slice(colon + 1)) ? [topic, arn.slice(colon + 1)] : undefined;
}
