/** Event buses: a row for each that was made, and for a default bus that was given something of its own. */
import type { Tag } from '../../core/operation.ts';
import { type Transaction, table } from '../../store/store.ts';
import { type BusName, DEFAULT_BUS } from './names.ts';

export interface Bus extends BusName {
  readonly description?: string;
  /** Policy document; principals are bound to who they are. */
  readonly policy?: string;
  /** ARN of the dead-letter queue. */
  readonly deadLetter?: string;
  /** Key that its events are encrypted under, as it was given. */
  readonly kmsKey?: string;
  readonly logs?: BusLogs;
  readonly tags: readonly Tag[];
  /** ISO 8601; absent of a default bus that was never changed. */
  readonly created?: string;
  readonly modified?: string;
}

export interface BusLogs {
  readonly IncludeDetail?: 'NONE' | 'FULL';
  readonly Level?: 'OFF' | 'ERROR' | 'INFO' | 'TRACE';
}

/** Index `place`: [account, region]. */
export const buses = table<Bus>('events_bus', {
  key: (bus) => [bus.account, bus.region, bus.name],
  indexes: { place: (bus) => [[bus.account, bus.region]] },
});

/** The default bus is everywhere. */
export async function findBus(tx: Pick<Transaction, 'get'>, bus: BusName): Promise<Bus | undefined> {
  const row = await tx.get(buses, [bus.account, bus.region, bus.name]);
  return row ?? (bus.name === DEFAULT_BUS ? { ...bus, tags: [] } : undefined);
}
