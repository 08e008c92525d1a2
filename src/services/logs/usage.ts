/**
 * How much a log group holds. Written behind the requests: PutLogEvents tells CloudWatch's metrics how many bytes came
 * in (`AWS/Logs` `IncomingBytes`), and this follower adds them up, so that writers of one group do not wait for each
 * other. Expiry takes off what it deletes.
 */
import { eventOf } from '../../core/events.ts';
import { METRICS_PLACE, type Samples } from '../../core/metrics.ts';
import { type Follower, type JournalRow, type Transaction, table } from '../../store/store.ts';
import { logGroups } from './groupRows.ts';

export interface GroupUsage {
  /** Id of the group. */
  readonly group: string;
  readonly bytes: number;
}

export const groupUsages = table<GroupUsage>('logs_usage', { key: ({ group }) => [group] });

export const storedBytes = async (tx: Transaction, group: string): Promise<number> =>
  Math.max(0, (await tx.get(groupUsages, [group]))?.bytes ?? 0);

export async function addBytes(tx: Transaction, group: string, bytes: number): Promise<void> {
  if (bytes !== 0) await tx.replace(groupUsages, { group, bytes: (await storedBytes(tx, group)) + bytes });
}

export const NAMESPACE = 'AWS/Logs';
export const INCOMING_BYTES = 'IncomingBytes';

export const logUsage: Follower = {
  name: 'logs_usage',
  async follow(entries, tx) {
    const found = new Map<string, Incoming[]>();
    for (const entry of entries) if (isOurs(entry)) addIncoming(eventOf<Samples>(entry), found);
    for (const [key, incoming] of found) {
      const group = await tx.get(logGroups, key.split(' '));
      if (!group) continue;
      // What came in earlier was of another group of that name.
      const own = incoming.filter(({ time }) => time >= group.created);
      await addBytes(
        tx,
        group.id,
        own.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    }
  },
};

interface Incoming {
  readonly time: number;
  readonly bytes: number;
}

const isOurs = ({ kind, body }: JournalRow) => kind === METRICS_PLACE.kind && body.includes(`"${INCOMING_BYTES}"`);

function addIncoming({ account, region, samples }: Samples, found: Map<string, Incoming[]>): void {
  for (const { namespace, name, dimensions, time, values = [] } of samples) {
    const group = dimensions.find(([key]) => key === 'LogGroupName')?.[1];
    if (namespace !== NAMESPACE || name !== INCOMING_BYTES || group === undefined) continue;
    const key = `${account} ${region} ${group}`;
    const bytes = values.reduce((sum, value) => sum + value, 0);
    const known = found.get(key);
    if (known) known.push({ time, bytes });
    else found.set(key, [{ time, bytes }]);
  }
}
