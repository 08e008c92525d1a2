/**
 * What every operation on a directory has in common: it is of a Region where the instance is, additional ones read
 * only, and what lies under a key of the customer's is unlocked with the caller's permission to decrypt.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/api-support-in-additional-regions.html
 */
import type { Operation } from '../../core/operation.ts';
import { unlock } from '../../identity/instanceKeys.ts';
import type { Instance } from '../../identity/instances.ts';
import { failInvalid } from './errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: each operation has types of its own
type Operations = Readonly<Record<string, Operation<any, any, any>>>;

const WRITES = /^(Create|Update|Delete)/;

export function underKey<O extends Operations>(operations: O): O {
  const entries = Object.entries(operations).map(([name, operation]) => [name, kept(name, operation)]);
  return Object.fromEntries(entries) as O;
}

const kept = (name: string, operation: Operations[string]): Operations[string] => ({
  ...operation,
  async run(input, ctx, target: Instance | { readonly instance: Instance }) {
    const instance = 'instance' in target ? target.instance : target;
    if (WRITES.test(name) && ctx.region !== instance.region) {
      failInvalid(`${name} is supported in the primary Region of the instance only: ${instance.region}.`);
    }
    await unlock(ctx, instance, 'identitystore', 'caller');
    return operation.run(input, ctx, target);
  },
});
