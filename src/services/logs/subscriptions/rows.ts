/** Subscription filters, destinations, and what is owed to them. Times are milliseconds since 1970. */
import type { Distribution } from '@aws-sdk/client-cloudwatch-logs';
import type { Tag } from '../../../core/operation.ts';
import { table } from '../../../store/store.ts';
import type { Segment } from '../segments.ts';

/** What is sent where: what filters of a group and of an account have in common. */
export interface Subscription {
  readonly name: string;
  readonly pattern: string;
  /** ARN of a stream, or of a destination. */
  readonly destination: string;
  readonly role?: string | undefined;
  readonly distribution: Distribution;
  readonly onTransformed: boolean;
  /** `@aws.account` and the like: told with each event. */
  readonly systemFields?: readonly string[] | undefined;
  /** Whose events: see fieldSelection.ts. */
  readonly criteria?: string | undefined;
  readonly created: number;
  /** Who put it, where it leads to a destination of another account: whom that one's policy must go on to let in. */
  readonly by?: Putter | undefined;
}

export interface Putter {
  readonly type: 'User' | 'AssumedRole' | 'FederatedUser' | 'Root';
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
  /** `aws:PrincipalArn`: of the role behind a session. */
  readonly principal: string;
}

export interface SubscriptionFilter extends Subscription {
  /** Id of the group, and its name. */
  readonly group: string;
  readonly groupName: string;
}

export const subscriptionFilters = table<SubscriptionFilter>('logs_subscription_filter', {
  key: ({ group, name }) => [group, name],
});

export const FILTERS_MAX = 2;

export interface Destination {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly target: string;
  readonly role: string;
  readonly policy?: string | undefined;
  readonly tags: readonly Tag[];
  readonly created: number;
}

export const destinations = table<Destination>('logs_destination', {
  key: ({ account, region, name }) => [account, region, name],
});

export const destinationArn = ({ account, region, name }: Pick<Destination, 'account' | 'region' | 'name'>) =>
  `arn:aws:logs:${region}:${account}:destination:${name}`;

export const FORWARD = 'logs.forward';

/** A batch of events that a subscription is owed. */
export interface Owed extends Pick<Segment, 'group' | 'stream' | 'level' | 'first' | 'id'> {
  /** Name of the group's filter; absent: the account's is meant. */
  readonly filter?: string | undefined;
}
