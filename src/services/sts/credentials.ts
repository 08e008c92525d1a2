/**
 * Temporary credentials: a key of their own, and the session sealed into the token.
 *
 * AWS limits one thing since 2026, the size of the finished token: 4,096 characters. PackedPolicySize, which once told
 * how full a buffer for policies and tags was, tells the same percentage as SessionTokenUtilization.
 */
import { type Credentials, PackedPolicyTooLargeException } from '@aws-sdk/client-sts';
import type { Context, Session } from '../../core/context.ts';
import { CommonError, fail } from '../../core/errors.ts';
import { accessKeyId, secretAccessKey } from '../../core/ids.ts';
import { sealSession } from '../../identity/sessions.ts';

export const TOKEN_CHARACTERS_MAX = 4096;

/** A session but for what credentials() makes. */
export type Draft = Omit<Session, 'accessKeyId' | 'secretAccessKey' | 'issued' | 'expires'>;

export interface Issued {
  readonly Credentials: Required<Credentials>;
  readonly SessionTokenSize: number;
  readonly SessionTokenUtilization: number;
  /** Where policies or tags were passed. */
  readonly PackedPolicySize?: number;
}

/** What every request for credentials may pass. */
export interface TokenRequest {
  readonly MinimumSessionTokenSize?: number | undefined;
  readonly Policy?: string | undefined;
}

/** `seconds`: how long the credentials live. `lifetimeEnd`: a moment (ms) they must not outlive. */
export function issue(
  ctx: Context,
  draft: Draft,
  seconds: number,
  input: TokenRequest,
  lifetimeEnd = Infinity,
): Issued {
  const issued = ctx.now.getTime();
  const keyId = accessKeyId('ASIA', draft.account, ctx);
  const secret = secretAccessKey(ctx);
  const expires = Math.min(issued + seconds * 1000, lifetimeEnd);
  const session: Session = { ...draft, accessKeyId: keyId, secretAccessKey: secret, issued, expires };
  const token = sealSession(ctx.secrets, session, ctx.random(12), input.MinimumSessionTokenSize);
  const utilization = Math.ceil((token.length * 100) / TOKEN_CHARACTERS_MAX);
  if (utilization > 100) tooLarge(utilization);
  const packed = draft.policies?.length || draft.policyArns?.length || draft.tags?.length;
  return {
    Credentials: { AccessKeyId: keyId, SecretAccessKey: secret, SessionToken: token, Expiration: new Date(expires) },
    SessionTokenSize: token.length,
    SessionTokenUtilization: utilization,
    ...(packed ? { PackedPolicySize: utilization } : {}),
  };
}

export function tooLarge(percent: number): never {
  return fail(
    PackedPolicyTooLargeException,
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  );
}

const recordedDate = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

/**
 * The output as CloudTrail shows it: names begin in lower case, the token is there and the secret is not, the date is
 * written in Java's American way.
 */
export function recorded(output: { readonly Credentials: Issued['Credentials'] }): object {
  const { AccessKeyId, SessionToken, Expiration } = output.Credentials;
  const expiration = recordedDate.format(Expiration).replaceAll('\u202f', ' ');
  return lowerCamel({ ...output, Credentials: { AccessKeyId, SessionToken, expiration } });
}

function lowerCamel(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      typeof member === 'object' && member !== null && !Array.isArray(member) ? lowerCamel(member) : member,
    ]),
  );
}

/** Which kind of endpoint served, as CloudTrail tells of the operations that hand out credentials. */
export const requestDetails = (ctx: Context) => ({
  RequestDetails: { awsServingRegion: ctx.region, endpointType: isGlobalEndpoint(ctx) ? 'global' : 'regional' },
});

const isGlobalEndpoint = (ctx: Context) => /^sts\.amazonaws\.com(:\d+)?$/.test(ctx.source.host);

/** Some operations are not there on the global endpoint. */
export function requireRegionalEndpoint(ctx: Context, operation: string): void {
  if (!isGlobalEndpoint(ctx)) return;
  throw new CommonError('InvalidAction', `Could not find operation ${operation} for version 2011-06-15`);
}
