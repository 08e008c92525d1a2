/**
 * The `Recipient` of an answer: an enclave that attests itself. AWS believes attestation documents that AWS's own
 * hypervisor has signed, and of no other signer; here there is none, so there is no document that could be believed,
 * and no `kms:RecipientAttestation` key in any request.
 * https://docs.aws.amazon.com/kms/latest/developerguide/attested-calls.html
 */
import type { RecipientInfo } from '@aws-sdk/client-kms';
import { ValidationFailure } from '../../core/errors.ts';

export function requireNoRecipient(input: { readonly Recipient?: RecipientInfo | undefined }): void {
  if (!input.Recipient) return;
  throw new ValidationFailure(
    'The attestation document in Recipient is not valid: it is not signed by a Nitro hypervisor that this endpoint trusts.',
  );
}
