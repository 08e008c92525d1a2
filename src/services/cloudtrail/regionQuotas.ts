/**
 * How many trails, or event data stores, there may be in a Region: those of all Regions count in each.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 */
import type { Context } from '../../core/context.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Table } from '../../store/store.ts';

interface Placed {
  readonly account: string;
  readonly region: string;
  readonly multiRegion: boolean;
}

/** A Region where there is no room for one more; undefined: there is. */
export async function fullRegion<R extends Placed>(
  { store }: Pick<Context, 'store'>,
  table: Table<R>,
  { account, region, multiRegion }: Placed,
  max: number,
): Promise<string | undefined> {
  const rows: R[] = [];
  for await (const row of everyRow(store, table, [account])) rows.push(row);
  const regions = multiRegion ? [...new Set([region, ...rows.map((row) => row.region)])] : [region];
  return regions.find((each) => rows.filter((row) => row.multiRegion || row.region === each).length >= max);
}
