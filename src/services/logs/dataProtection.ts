/** Masking of sensitive data. */
import type { Access } from '../../core/operation.ts';
import { groupAccess } from './access.ts';
import type { LogGroup } from './groupRows.ts';

/** Whoever wants to see what is masked needs logs:Unmask. */
export const unmaskAccess = (group: LogGroup, unmask: boolean | undefined): readonly Access[] =>
  unmask ? [{ ...groupAccess(group), action: 'logs:Unmask' }] : [];

export function maskerFor(_group: LogGroup, _unmask: boolean | undefined): (message: string) => string {
  return (message) => message;
}
