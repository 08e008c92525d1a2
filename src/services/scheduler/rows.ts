/** Schedules and their groups. */
import type { Target } from '@aws-sdk/client-scheduler';
import type { Tag } from '../../core/operation.ts';
import { type Transaction, table } from '../../store/store.ts';

export interface Group {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly state: 'ACTIVE' | 'DELETING';
  readonly tags: readonly Tag[];
  /** ISO 8601; absent of the default group, which is everywhere. */
  readonly created?: string;
  readonly modified?: string;
  /** The client token it was made with. */
  readonly token?: string;
}

/** Index `place`: [account, region]. */
export const groups = table<Group>('scheduler_group', {
  key: (group) => [group.account, group.region, group.name],
  indexes: { place: (group) => [[group.account, group.region]] },
});

export interface ScheduleName {
  readonly account: string;
  readonly region: string;
  readonly group: string;
  readonly name: string;
}

/** What the target gets: in clear, or under a data key of the customer's own key. */
export type Payload =
  | { readonly text: string }
  | {
      readonly key: string;
      /** Base 64, as KMS gave it. */
      readonly dataKey: string;
      readonly sealed: string;
    };

export interface Schedule extends ScheduleName {
  readonly description?: string;
  readonly expression: string;
  readonly zone: string;
  /** Milliseconds. */
  readonly start?: number;
  readonly end?: number;
  /** Minutes; absent: no window. */
  readonly window?: number;
  readonly state: 'ENABLED' | 'DISABLED';
  /** Without its input, which is in `payload`. */
  readonly target: Omit<Target, 'Input'>;
  readonly payload?: Payload;
  readonly deletedAfter: boolean;
  readonly kmsKey?: string;
  /** Milliseconds: from when a rate is counted. */
  readonly since: number;
  readonly created: string;
  readonly modified: string;
  readonly token?: string;
}

/** Index `place`: [account, region]; `all`: and group and name; `group`: [account, region, group]. */
export const schedules = table<Schedule>('scheduler_schedule', {
  key: (schedule) => [schedule.account, schedule.region, schedule.group, schedule.name],
  indexes: {
    place: (schedule) => [[schedule.account, schedule.region]],
    all: (schedule) => [[schedule.account, schedule.region, schedule.name, schedule.group]],
  },
});

export const DEFAULT_GROUP = 'default';

export const scheduleKey = ({ account, region, group, name }: ScheduleName) => [account, region, group, name] as const;

export const scheduleArn = ({ account, region, group, name }: ScheduleName) =>
  `arn:aws:scheduler:${region}:${account}:schedule/${group}/${name}`;

export const groupArn = ({ account, region, name }: Pick<Group, 'account' | 'region' | 'name'>) =>
  `arn:aws:scheduler:${region}:${account}:schedule-group/${name}`;

/** The default group is everywhere. */
export async function findGroup(
  tx: Pick<Transaction, 'get'>,
  place: { readonly account: string; readonly region: string },
  name: string,
): Promise<Group | undefined> {
  const { account, region } = place;
  const row = await tx.get(groups, [account, region, name]);
  return row ?? (name === DEFAULT_GROUP ? { account, region, name, state: 'ACTIVE', tags: [] } : undefined);
}
