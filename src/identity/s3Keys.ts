/**
 * What S3 and S3 Control tell policies of how a request is signed and sent, and whose the thing is that it is about.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */
import type { Context } from '../core/context.ts';
import type { Access } from '../core/operation.ts';

export function s3Keys(
  { caller, source, account }: Context,
  { resource, resourceAccount }: Access,
): Record<string, string | undefined> {
  const signed = caller.type !== 'Anonymous' && caller.type !== 'Service';
  const { signature } = source;
  return {
    's3:ResourceAccount': resourceAccount ?? (resource.split(':')[4] || account),
    's3:TlsVersion': source.tls?.version.replace(/^TLSv/, ''),
    ...(signed && {
      's3:signatureversion': signature?.algorithm ?? 'AWS4-HMAC-SHA256',
      's3:authType': signature?.kind,
      's3:signatureAge': signature?.ageMs === undefined ? undefined : String(signature.ageMs),
      's3:x-amz-content-sha256': signature?.content,
      's3:AccessGrantsInstanceArn': caller.session?.accessGrants,
    }),
  };
}
