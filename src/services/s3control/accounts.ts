import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';

/** S3 Control acts in the caller's own account, which requests name nevertheless. Throws AccessDenied. */
export function requireOwnAccount({ account }: Context, asked: string | undefined): void {
  if (asked !== account) throw new CommonError('AccessDenied', 'Access Denied', 403);
}
