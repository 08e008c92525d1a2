/** Who signed this request? A principal, or AWS's own error. */
import type { Caller, Session } from '../core/context.ts';
import { AuthenticationFailure } from '../core/errors.ts';
import type { Secrets } from '../core/secrets.ts';
import type { WireRequest } from '../core/wire.ts';
import { type Account, accounts, isClosed } from '../identity/organization.ts';
import { type AccessKey, accessKeys, byName, roles, rootArn, userArn, users } from '../identity/principals.ts';
import { isRegionUsable } from '../identity/regions.ts';
import { callerOf, openSession } from '../identity/sessions.ts';
import type { Transaction } from '../store/store.ts';
import type { Claim } from './claim.ts';
import { isSignedBy, requireWholeSignature } from './sigv4.ts';

export interface Authentication {
  readonly secrets: Secrets;
  /** The plane's clock, which sessions expire by; it can be moved. */
  readonly now: Date;
  /** The real clock, which signatures are dated by. Milliseconds. */
  readonly wallClock: number;
  /** Told the secret that the request is signed with, once it proved right: chunks of a body are signed with it too. */
  readonly proven?: (secret: string) => void;
}

export const ANONYMOUS: Caller = { type: 'Anonymous', account: '', arn: '', userId: 'ANONYMOUS_PRINCIPAL' };

export async function authenticate(
  request: WireRequest,
  claim: Claim,
  tx: Transaction,
  by: Authentication,
): Promise<Caller> {
  // What a form signs says itself what it holds for, and until when.
  if (claim.text === undefined) {
    requireWholeSignature(request, claim);
    requireTimely(claim, by.wallClock);
  }
  return claim.sessionToken === undefined
    ? longTermCaller(request, claim, tx, by)
    : sessionCaller(request, claim, claim.sessionToken, tx, by);
}

export const missingToken = () =>
  new AuthenticationFailure('MissingAuthenticationToken', 'Request is missing Authentication Token');
const invalidToken = () =>
  new AuthenticationFailure('InvalidClientTokenId', 'The security token included in the request is invalid.');
const wrongSignature = () =>
  new AuthenticationFailure(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );

async function longTermCaller(
  request: WireRequest,
  claim: Claim,
  tx: Transaction,
  by: Authentication,
): Promise<Caller> {
  const key = await tx.get(accessKeys, [claim.accessKeyId]);
  if (key?.status !== 'Active') throw invalidToken();
  const secret = secretOf(key, by.secrets);
  if (!isSignedBy(secret, claim, request)) throw wrongSignature();
  by.proven?.(secret);
  const { alias } = await openAccount(key.account, claim, tx, by.now);
  if (key.userName === undefined) return { ...rootCaller(key), ...(alias && { accountAlias: alias }) };
  const user = await tx.get(users, byName(key.account, key.userName));
  if (!user) throw invalidToken();
  return {
    type: 'User',
    account: user.account,
    arn: userArn(user),
    userId: user.id,
    userName: user.name,
    accessKeyId: key.id,
  };
}

const rootCaller = (key: AccessKey): Caller => ({
  type: 'Root',
  account: key.account,
  arn: rootArn(key.account),
  userId: key.account,
  accessKeyId: key.id,
});

async function sessionCaller(
  request: WireRequest,
  claim: Claim,
  token: string,
  tx: Transaction,
  by: Authentication,
): Promise<Caller> {
  const opened = callerInToken(by.secrets, token);
  if (opened?.session.accessKeyId !== claim.accessKeyId) throw invalidToken();
  const { secretAccessKey } = opened.session;
  if (!isSignedBy(secretAccessKey, claim, request)) throw wrongSignature();
  by.proven?.(secretAccessKey);
  if (opened.session.expires <= by.now.getTime()) {
    throw new AuthenticationFailure('ExpiredToken', 'The security token included in the request is expired');
  }
  const { alias } = await openAccount(opened.caller.account, claim, tx, by.now);
  await requireLiving(opened.session, tx);
  return alias && opened.caller.type === 'Root' ? { ...opened.caller, accountAlias: alias } : opened.caller;
}

/** A session dies with the user or role it stands on, also if another one is made under the same name. */
async function requireLiving({ kind, account, principalName, principalId }: Session, tx: Transaction): Promise<void> {
  if (principalName === undefined) return;
  const key = byName(account, principalName);
  const principal = kind === 'AssumedRole' ? await tx.get(roles, key) : await tx.get(users, key);
  if (principal?.id !== principalId) throw invalidToken();
}

/** An account that is closed or suspended can do nothing, and nothing in a Region that it has disabled. */
async function openAccount(id: string, { region }: Claim, tx: Transaction, now: Date): Promise<Account> {
  const account = await tx.get(accounts, [id]);
  if (!account || isClosed(account, now) || !isRegionUsable(account, region, now)) throw invalidToken();
  return account;
}

const plainSecrets = new WeakMap<AccessKey, string>();

/** Unsealed once per version of the row. */
function secretOf(key: AccessKey, secrets: Secrets): string {
  const known = plainSecrets.get(key);
  if (known !== undefined) return known;
  const plain = secrets.open('access-key', key.secret)?.toString('utf8');
  if (plain === undefined) {
    throw new Error(`The secret of access key ${key.id} was sealed under another root key than this plane's.`);
  }
  plainSecrets.set(key, plain);
  return plain;
}

type Opened = { readonly session: Session; readonly caller: Caller };
const openedTokens = new WeakMap<Secrets, Map<string, Opened>>();
const TOKENS_MAX = 10_000;

/** A token says the same for ever, so it is opened once. */
function callerInToken(secrets: Secrets, token: string): Opened | undefined {
  let opened = openedTokens.get(secrets);
  if (!opened) openedTokens.set(secrets, (opened = new Map()));
  const known = opened.get(token);
  if (known) return known;
  const session = openSession(secrets, token);
  if (!session) return undefined;
  if (opened.size >= TOKENS_MAX) opened.clear();
  const entry = { session, caller: callerOf(session) };
  opened.set(token, entry);
  return entry;
}

const SKEW_MS = 15 * 60_000;

/** Header signatures live fifteen minutes; presigned ones as long as they say. */
function requireTimely(claim: Claim, wallClock: number): void {
  const at = timeOf(claim.timestamp);
  if (Number.isNaN(at)) {
    throw new AuthenticationFailure(
      'IncompleteSignature',
      `Date must be in ISO-8601 'basic format'. Got '${claim.timestamp.slice(0, 40)}'.`,
    );
  }
  if (!claim.timestamp.startsWith(claim.date)) {
    throw new AuthenticationFailure(
      'SignatureDoesNotMatch',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.date}' != '${claim.timestamp.slice(0, 8)}', from '${claim.timestamp}'.`,
    );
  }
  const lifeMs = claim.expires === undefined ? SKEW_MS : claim.expires * 1000;
  if (at + lifeMs < wallClock) throw expired(claim, wallClock, lifeMs);
  if (at - SKEW_MS > wallClock) {
    const limit = `${basic(wallClock + SKEW_MS)} (${basic(wallClock)} + 15 min.)`;
    throw requestExpired(`Signature not yet current: ${claim.timestamp} is still later than ${limit}`);
  }
}

const requestExpired = (message: string) => new AuthenticationFailure('RequestExpired', message);

function expired(claim: Claim, wallClock: number, lifeMs: number) {
  const window = claim.expires === undefined ? '15 min.' : `${claim.expires} sec.`;
  const limit = `${basic(wallClock - lifeMs)} (${basic(wallClock)} - ${window})`;
  return requestExpired(`Signature expired: ${claim.timestamp} is now earlier than ${limit}`);
}

const basic = (time: number) => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
const TIMESTAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Milliseconds; NaN if the text is no time. The last one is kept: many requests are signed in the same second. */
export function timeOf(timestamp: string): number {
  if (timestamp === lastTime.timestamp) return lastTime.at;
  const parts = TIMESTAMP.exec(timestamp);
  if (!parts) return Number.NaN;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  lastTime = { timestamp, at: Date.UTC(year!, month! - 1, day, hour, minute, second) };
  return lastTime.at;
}

let lastTime = { timestamp: '', at: Number.NaN };
