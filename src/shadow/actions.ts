/** What is known of actions, for commands that are given one. */
import { actionFact } from '../core/facts.ts';

export { factsDate } from '../core/facts.ts';

/** `s3:GetObject`, in any case. */
export function isKnownAction(action: string): boolean {
  const [prefix = '', name = ''] = action.split(':');
  return actionFact(prefix, name) !== undefined;
}
