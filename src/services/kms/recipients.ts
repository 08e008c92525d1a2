/** The `Recipient` of an answer: an enclave that attests itself. None can attest itself to this plane. */
import type { RecipientInfo } from '@aws-sdk/client-kms';
import { notImplemented } from '../../core/errors.ts';

export function requireNoRecipient(input: { readonly Recipient?: RecipientInfo | undefined }): void {
  if (input.Recipient) notImplemented('Recipient (cryptographic attestation)');
}
