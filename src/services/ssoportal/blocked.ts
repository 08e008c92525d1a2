/** The portal where the key that the directory lies under lets nobody at it. */
import { CommonError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { BLOCKED, KeyRefused } from '../../identity/instanceKeys.ts';

export const orBlocked = <In, Out, Target>(operation: Operation<In, Out, Target>): Operation<In, Out, Target> => ({
  ...operation,
  ...(operation.load && { load: (input, ctx) => told(operation.load!(input, ctx)) }),
  run: (input, ctx, target) => told(operation.run(input, ctx, target)),
});

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof KeyRefused ? new CommonError('ForbiddenException', BLOCKED, 403) : error;
  }
}
