/** What other identity providers signed and we do not believe, in the errors of STS. */
import {
  ExpiredTokenException,
  IDPCommunicationErrorException,
  IDPRejectedClaimException,
  InvalidIdentityTokenException,
} from '@aws-sdk/client-sts';
import { fail } from '../../core/errors.ts';
import { type RefusalKind, Refused } from '../../federation/refused.ts';

const ERRORS = {
  unsigned: InvalidIdentityTokenException,
  invalid: InvalidIdentityTokenException,
  expired: ExpiredTokenException,
  rejected: IDPRejectedClaimException,
  unreachable: IDPCommunicationErrorException,
} as const satisfies Record<RefusalKind, unknown>;

export async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) fail(ERRORS[error.kind] as typeof InvalidIdentityTokenException, error.message);
    throw error;
  }
}
