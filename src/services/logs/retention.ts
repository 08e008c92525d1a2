/** How long a group keeps its events. Expired ones are out of sight at once; purge.ts deletes them. */
import {
  type DeleteRetentionPolicyRequest,
  InvalidParameterException,
  type PutRetentionPolicyRequest,
} from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { onGroup } from './access.ts';
import { type LogGroup, logGroups } from './groupRows.ts';

const DAYS: readonly number[] = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
];

export const PutRetentionPolicy = onGroup<Present<PutRetentionPolicyRequest>, object>({
  async run({ retentionInDays }, ctx, group) {
    requireChangeable(group);
    if (!DAYS.includes(retentionInDays)) {
      const value = `Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint`;
      const message = `1 validation error detected: ${value}: Member must satisfy enum value set: [${DAYS.join(', ')}]`;
      fail(InvalidParameterException, message);
    }
    await ctx.store.replace(logGroups, { ...group, retentionDays: retentionInDays });
    return {};
  },
});

export const DeleteRetentionPolicy = onGroup<Present<DeleteRetentionPolicyRequest>, object>({
  async run(_input, ctx, group) {
    requireChangeable(group);
    const { retentionDays: _, ...rest } = group;
    await ctx.store.replace(logGroups, rest);
    return {};
  },
});

function requireChangeable(group: LogGroup): void {
  if (group.class !== 'DELIVERY') return;
  fail(InvalidParameterException, 'Retention policy cannot be changed for log groups in the DELIVERY log class.');
}
