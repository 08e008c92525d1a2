/**
 * Where trails log, as EventBridge knows it: CloudTrail hands an event on to the default event bus of an account and
 * Region only while some trail logs there.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
import type { Transaction } from '../store/store.ts';
import { table } from '../store/store.ts';

export interface LoggedPlaces {
  /** Account id, or organization id for all its accounts. */
  readonly owner: string;
  /** A multi-Region trail logs. */
  readonly everywhere: boolean;
  /** Home Regions of the other trails that log. */
  readonly regions: readonly string[];
}

/** Written by the CloudTrail service whenever a trail changes. */
export const loggedPlaces = table<LoggedPlaces>('trail_logged', { key: ({ owner }) => [owner] });

/** Whether a trail logs in the account and Region: its own, or one of the organization that the account is in. */
export async function isLogged(
  tx: Pick<Transaction, 'get'>,
  { account, region }: { readonly account: string; readonly region: string },
  organization: string | undefined,
): Promise<boolean> {
  for (const owner of organization === undefined ? [account] : [account, organization]) {
    const places = await tx.get(loggedPlaces, [owner]);
    if (places && (places.everywhere || places.regions.includes(region))) return true;
  }
  return false;
}
