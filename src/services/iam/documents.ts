/** Policy documents on their way in and out: checked, measured and percent-encoded as IAM does. */
import { LimitExceededException, MalformedPolicyDocumentException } from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import { type DocumentKind, validatePolicy } from '../../policy/index.ts';

/** Raises MalformedPolicyDocument, in AWS's words, on a document that IAM would not keep. */
export function checkDocument(document: string, kind: DocumentKind): void {
  const sentence = validatePolicy(document, kind);
  if (sentence !== undefined) fail(MalformedPolicyDocumentException, sentence);
}

/** IAM does not count white space against a policy's size. */
export const sizeOf = (document: string) => document.replace(/\s/g, '').length;

/** `quotaName` as AWS says it: `PolicySize`, `ACLSizePerRole`. */
export function checkSize(document: string, quotaName: string, max: number): void {
  if (sizeOf(document) > max) fail(LimitExceededException, `Cannot exceed quota for ${quotaName}: ${max}`);
}

/** Percent-encoded per RFC 3986, the way documents come out of IAM. */
export const encodedDocument = (document: string) =>
  encodeURIComponent(document).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
