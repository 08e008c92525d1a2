/** The documented limits of inputs, as far as they still hold. */
import type { Limits } from '../../core/operation.ts';
import published from './limits.json' with { type: 'json' };

/** Members that AWS no longer requires, since other members may stand in for them; the published model still does. */
const OPTIONAL: readonly (readonly [operation: string, member: string])[] = [
  ['Decrypt', 'CiphertextBlob'],
  ['ReEncrypt', 'CiphertextBlob'],
  ['CreateGrant', 'GranteePrincipal'],
  ['ListRetirableGrants', 'RetiringPrincipal'],
];

function relaxed(limits: Limits): Limits {
  const result: Record<string, Limits[string]> = { ...limits };
  for (const [operation, member] of OPTIONAL) {
    const { required: _, ...rest } = result[operation]?.[member] ?? {};
    result[operation] = { ...result[operation], [member]: rest };
  }
  return result;
}

export const limits: Limits = relaxed(published as unknown as Limits);
