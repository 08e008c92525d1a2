/** Data keys of groups that are encrypted under a KMS key. */
import { table } from '../../store/store.ts';

export interface DataKey {
  /** Id of the group. */
  readonly group: string;
  readonly name: string;
  readonly keyArn: string;
  /** As KMS sealed it, base64. */
  readonly sealed: string;
}

export const dataKeys = table<DataKey>('logs_data_key', { key: ({ group, name }) => [group, name] });
