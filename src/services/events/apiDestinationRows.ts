/** API destinations, and when each may be called next: its rate limit spreads what is due over time. */
import { type Transaction, table } from '../../store/store.ts';

export interface ApiDestination {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** In the ARN. */
  readonly id: string;
  readonly description?: string;
  readonly connectionArn: string;
  readonly endpoint: string;
  readonly method: string;
  /** Calls a second. */
  readonly rate: number;
  readonly created: string;
  readonly modified: string;
}

/** Index `place`: [account, region]; `connection`: [account, region, connection ARN, name]. */
export const apiDestinations = table<ApiDestination>('events_api_destination', {
  key: (destination) => [destination.account, destination.region, destination.name],
  indexes: {
    place: (destination) => [[destination.account, destination.region]],
    connection: (d) => [[d.account, d.region, d.connectionArn, d.name]],
  },
});

export const apiDestinationArn = ({
  account,
  region,
  name,
  id,
}: Pick<ApiDestination, 'account' | 'region' | 'name' | 'id'>) =>
  `arn:aws:events:${region}:${account}:api-destination/${name}/${id}`;

/** The destination of an ARN. */
export async function destinationOf(tx: Pick<Transaction, 'get'>, arn: string): Promise<ApiDestination | undefined> {
  const [, region, account, name, id] =
    /^arn:[\w-]+:events:([a-z0-9-]+):(\d{12}):api-destination\/([^/]+)\/([^/]+)$/.exec(arn) ?? [];
  if (region === undefined || account === undefined || name === undefined) return undefined;
  const row = await tx.get(apiDestinations, [account, region, name]);
  return row?.id === id ? row : undefined;
}

/** Milliseconds: the first moment that no call has yet. */
interface Pace {
  readonly arn: string;
  readonly free: number;
}

const paces = table<Pace>('events_pace', { key: (pace) => [pace.arn] });

/** Takes the next moment at or after `time` at which a destination may be called. */
export async function nextSlot(tx: Transaction, arn: string, time: number): Promise<number> {
  const destination = await destinationOf(tx, arn);
  if (!destination) return time;
  const pace = await tx.get(paces, [arn]);
  const slot = Math.max(time, pace?.free ?? 0);
  await tx.replace(paces, { arn, free: slot + 1000 / destination.rate });
  return slot;
}

export async function removeDestination(tx: Transaction, destination: ApiDestination): Promise<void> {
  await tx.remove(apiDestinations, apiDestinations.key(destination));
  await tx.remove(paces, [apiDestinationArn(destination)]);
}
