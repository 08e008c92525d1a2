/**
 * Session tokens: everything that is known of temporary credentials, sealed. Whoever presents one brings all that is
 * needed to believe it; there is no row to look up, and none to leak.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Caller, Session } from '../core/context.ts';
import { AccessDenied, CommonError } from '../core/errors.ts';
import type { Secrets } from '../core/secrets.ts';
import { rootArn } from './principals.ts';

/** How AWS's own tokens begin, by which tools tell them from other text. */
const PREFIX = 'IQoJb3JpZ2luX2Vj';
const PURPOSE = 'session';
/** Nonce and tag of the seal. */
const SEAL_BYTES = 28;
/** Longer sessions (policies, tags) are compressed: a finished token has a limit. Shorter ones are faster plain. */
const PLAIN_BYTES_MAX = 1024;
/** What compressed sessions begin with, and JSON never does. */
const COMPRESSED = Buffer.of(0);

/**
 * The session token of a session. `nonce`: 12 random bytes, never used twice. The token has at least `lengthMin`
 * characters: the sealed text is padded, not the token, so that every character of it is authenticated.
 */
export function sealSession(secrets: Secrets, session: Session, nonce: Uint8Array, lengthMin = 0): string {
  const json = Buffer.from(JSON.stringify(session), 'utf8');
  const plain = json.length > PLAIN_BYTES_MAX ? Buffer.concat([COMPRESSED, deflateRawSync(json)]) : json;
  const bytesMin = Math.ceil(((lengthMin - PREFIX.length) * 3) / 4) - SEAL_BYTES;
  const padding = Buffer.alloc(Math.max(0, bytesMin - plain.length), ' ');
  return PREFIX + secrets.seal(PURPOSE, Buffer.concat([plain, padding]), nonce);
}

/** The session in a token, expired or not; undefined if we never made this token. */
export function openSession(secrets: Secrets, token: string): Session | undefined {
  if (!token.startsWith(PREFIX)) return undefined;
  const plain = secrets.open(PURPOSE, token.slice(PREFIX.length));
  if (!plain) return undefined;
  const json = plain[0] === COMPRESSED[0] ? inflateRawSync(plain.subarray(1)) : plain;
  return JSON.parse(json.toString('utf8')) as Session;
}

/** Who acts in a session. A session of GetSessionToken is the user, or root, in person. */
export function callerOf(session: Session): Caller {
  const common = {
    account: session.account,
    accessKeyId: session.accessKeyId,
    session,
  };
  return { ...common, ...identities[session.kind](session) };
}

type Identity = Pick<Caller, 'type' | 'arn' | 'userId' | 'userName'>;

const identities: Readonly<Record<Session['kind'], (session: Session) => Identity>> = {
  AssumedRole: (s) => ({
    type: 'AssumedRole',
    arn: assumedRoleArn(s),
    userId: `${s.principalId}:${s.name}`,
  }),
  FederatedUser: (s) => ({
    type: 'FederatedUser',
    arn: federatedUserArn(s),
    userId: `${s.account}:${s.name}`,
  }),
  SessionToken: (s) =>
    s.principalName === undefined
      ? { type: 'Root', arn: rootArn(s.account), userId: s.account }
      : {
          type: 'User',
          arn: s.principalArn,
          userId: s.principalId,
          userName: s.principalName,
        },
  AssumedRoot: (s) => ({
    type: 'Root',
    arn: rootArn(s.account),
    userId: s.account,
  }),
};

/** `arn:aws:sts::111122223333:assumed-role/Role/session`: the role's path is not in it. */
export const assumedRoleArn = (s: Pick<Session, 'account' | 'principalName' | 'name'>) =>
  `arn:aws:sts::${s.account}:assumed-role/${s.principalName}/${s.name}`;

export const federatedUserArn = (s: Pick<Session, 'account' | 'name'>) =>
  `arn:aws:sts::${s.account}:federated-user/${s.name}`;

/**
 * What a session may not do, whatever policies say: a federated user and a session without a second factor do nothing
 * in IAM, and in STS neither gets further credentials but by assuming a role. What `aws login` hands out may do in IAM
 * what its user may do in the console.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
 */
export function requireWithinReach(session: Session, service: string, operation: string): void {
  if (session.kind !== 'FederatedUser' && session.kind !== 'SessionToken') return;
  if (service === 'iam' && !session.mfa && session.signInSessionArn === undefined) {
    throw new CommonError('InvalidClientTokenId', 'The security token included in the request is invalid', 403);
  }
  if (service === 'sts' && operation !== 'GetCallerIdentity' && operation !== 'AssumeRole') {
    throw new AccessDenied(`Cannot call ${operation} with session credentials`);
  }
}
