/**
 * The federation endpoint: whoever has temporary credentials exchanges them for a token that signs a browser in.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
import { timingSafeEqual } from 'node:crypto';
import type { Context, Session } from '../core/context.ts';
import { accessKeyId as newKeyId } from '../core/ids.ts';
import type { WireResponse } from '../core/wire.ts';
import { byName, roles } from '../identity/principals.ts';
import { openSession } from '../identity/sessions.ts';
import { recordSigninToken } from './consoleRecords.ts';
import { problemPage } from './entry.ts';
import { sentTo } from './html.ts';
import { entryWith, letIn, placeOf, type RoleEntry } from './roleSessions.ts';
import { cookieFor, type Visit } from './visit.ts';

const PURPOSE = 'signin-token';
const TOKEN_MS = 15 * 60_000;
const HOURS_12 = 43_200;

interface SigninToken extends RoleEntry {
  /** Milliseconds: of the token, and of the session that it begins. */
  readonly expires: number;
  readonly until: number;
}

/** Members are in the address, or in a form that anybody may send: what they hold is the proof. */
export async function federationPage(visit: Visit): Promise<WireResponse> {
  const asked = visit.method === 'POST' && visit.form.size > 0 ? visit.form : visit.query;
  const action = asked.get('Action');
  if (action === 'getSigninToken') return getSigninToken(visit, asked);
  return action === 'login' ? login(visit, asked) : refused('The Action is not known.');
}

const refused = (text: string): WireResponse => ({
  status: 400,
  headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' },
  body: `${text}\n`,
  toldPages: true,
});

const KINDS: ReadonlySet<Session['kind']> = new Set(['AssumedRole', 'FederatedUser']);

function getSigninToken({ around }: Visit, asked: URLSearchParams): Promise<WireResponse> {
  return around.within(async (ctx) => {
    const session = sessionIn(ctx, asked.get('Session') ?? '');
    if (!session || !KINDS.has(session.kind))
      return refused('The Session is not of temporary credentials, or expired.');
    const until = await endOf(ctx, session, asked);
    if (until === undefined) return refused('The SessionDuration or DurationSeconds is not valid here.');
    const now = ctx.now.getTime();
    const entry = entryWith(session);
    const accessKeyId = asked.has('SessionDuration') ? newKeyId('ASIA', session.account, ctx) : session.accessKeyId;
    const token: SigninToken = { ...entry, accessKeyId, expires: now + TOKEN_MS, until };
    recordSigninToken(ctx, session, accessKeyId);
    const SigninToken = ctx.secrets.seal(PURPOSE, JSON.stringify(token), ctx.random(12));
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    return { status: 200, headers, body: JSON.stringify({ SigninToken }), toldPages: true };
  });
}

/**
 * When the session of the browser ends, in milliseconds. SessionDuration is for a role that was not assumed by another
 * one, and no longer than that role's sessions may be; DurationSeconds is for federated users, and makes it no longer
 * than their credentials last. Undefined: what was asked cannot be.
 */
async function endOf(ctx: Context, session: Session, asked: URLSearchParams): Promise<number | undefined> {
  const { kind, chained, account, principalId, principalName = '', expires } = session;
  const name = ['SessionDuration', 'DurationSeconds'].find((each) => asked.has(each));
  if (name === undefined) return expires;
  const seconds = Number(asked.get(name));
  const end = ctx.now.getTime() + seconds * 1000;
  const isLong = (secondsMax: number) => Number.isInteger(seconds) && seconds >= 900 && seconds <= secondsMax;
  if (name === 'DurationSeconds') {
    return kind === 'FederatedUser' && isLong(3 * HOURS_12) ? Math.min(end, expires) : undefined;
  }
  if (kind !== 'AssumedRole' || chained || !isLong(HOURS_12)) return undefined;
  const role = await ctx.store.get(roles, byName(account, principalName));
  return role?.id === principalId && seconds <= role.maxSessionDuration ? end : undefined;
}

function sessionIn(ctx: Context, text: string): Session | undefined {
  let given: { sessionId?: unknown; sessionKey?: unknown; sessionToken?: unknown };
  try {
    given = JSON.parse(text) as typeof given;
  } catch {
    return undefined;
  }
  const { sessionId, sessionKey, sessionToken } = given ?? {};
  if (typeof sessionId !== 'string' || typeof sessionKey !== 'string' || typeof sessionToken !== 'string')
    return undefined;
  const session = openSession(ctx.secrets, sessionToken);
  if (session?.accessKeyId !== sessionId || session.expires <= ctx.now.getTime()) return undefined;
  const [a, b] = [Buffer.from(session.secretAccessKey), Buffer.from(sessionKey)];
  return a.length === b.length && timingSafeEqual(a, b) ? session : undefined;
}

async function login(visit: Visit, asked: URLSearchParams): Promise<WireResponse> {
  const destination = asked.get('Destination') ?? '';
  const place = placeOf(destination, visit.around);
  if (place === undefined) {
    return problemPage('Wrong address', 'The Destination is not a page of the management console.');
  }
  const signedIn = await visit.around.within(async (ctx) => {
    const text = ctx.secrets.open(PURPOSE, asked.get('SigninToken') ?? '');
    const given = text && (JSON.parse(text.toString('utf8')) as SigninToken);
    if (!given || given.expires <= ctx.now.getTime()) return undefined;
    return letIn(ctx, given, given.until);
  });
  if (signedIn === undefined) return problemPage('The sign-in token does not work', 'It is older than 15 minutes.');
  return sentTo(place, cookieFor(visit, signedIn));
}
