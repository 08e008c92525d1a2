/** Dashboards in the store. */
import type { RefreshSchedule } from '@aws-sdk/client-cloudtrail';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import type { PolicyFields } from './resourcePolicyRules.ts';

export interface DashboardWidget {
  /** By which its queries are found. */
  readonly alias: string;
  readonly statement: string;
  readonly parameters: readonly string[];
  readonly view: Readonly<Record<string, string>>;
}

/** Its policy lets CloudTrail refresh it. */
export interface Dashboard extends PolicyFields {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly widgets: readonly DashboardWidget[];
  readonly schedule?: RefreshSchedule | undefined;
  readonly isProtected: boolean;
  readonly tags: readonly Tag[];
  /** Milliseconds. */
  readonly created: number;
  readonly updated: number;
  readonly lastRefresh?: string | undefined;
  /** Why the last scheduled refresh did not take place. */
  readonly lastFailure?: string | undefined;
}

type Place = Pick<Dashboard, 'account' | 'region' | 'name'>;

export const dashboardArn = ({ account, region, name }: Place) =>
  `arn:aws:cloudtrail:${region}:${account}:dashboard/${name}`;

/** Index `alias`: [account, region, alias] of its widgets. `region`: [account, region]. */
export const dashboards = table<Dashboard>('trail_dashboard', {
  key: (d) => [d.account, d.region, d.name],
  indexes: {
    alias: (d) => d.widgets.map(({ alias }) => [d.account, d.region, alias]),
    region: (d) => [[d.account, d.region]],
  },
});
