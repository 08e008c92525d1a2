/**
 * The federation endpoint: whoever has temporary credentials exchanges them for a token that signs a browser in.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 */
import { timingSafeEqual } from 'node:crypto';
import type { Context, Session } from '../core/context.ts';
import type { WireResponse } from '../core/wire.ts';
import { openSession } from '../identity/sessions.ts';
import { recordSigninToken } from './consoleRecords.ts';
import { problemPage } from './entry.ts';
import { sentTo } from './html.ts';
import { entryWith, letIn, type RoleEntry } from './roleSessions.ts';
import { cookieFor, type Visit } from './visit.ts';

const PURPOSE = 'signin-token';
const TOKEN_MS = 15 * 60_000;
const HOURS_12 = 43_200;

interface SigninToken extends RoleEntry {
  /** Milliseconds: of the token, and of the session that it begins. */
  readonly expires: number;
  readonly until: number;
}

export async function federationPage(visit: Visit): Promise<WireResponse> {
  const action = visit.query.get('Action');
  if (action === 'getSigninToken') return getSigninToken(visit);
  return action === 'login' ? login(visit) : refused('The Action is not known.');
}

const refused = (text: string): WireResponse => ({
  status: 400,
  headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' },
  body: `${text}\n`,
  toldPages: true,
});

const KINDS: ReadonlySet<Session['kind']> = new Set(['AssumedRole', 'FederatedUser']);

function getSigninToken({ query, around }: Visit): Promise<WireResponse> {
  return around.within(async (ctx) => {
    const session = sessionIn(ctx, query.get('Session') ?? '');
    if (!session || !KINDS.has(session.kind))
      return refused('The Session is not of temporary credentials, or expired.');
    const duration = query.get('SessionDuration');
    const seconds = Number(duration ?? Number.NaN);
    if (duration !== null && !isDuration(session, seconds)) return refused('The SessionDuration is not valid here.');
    const now = ctx.now.getTime();
    const token: SigninToken = {
      ...entryWith(session),
      expires: now + TOKEN_MS,
      until: duration === null ? session.expires : now + seconds * 1000,
    };
    recordSigninToken(ctx, session);
    const SigninToken = ctx.secrets.seal(PURPOSE, JSON.stringify(token), ctx.random(12));
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    return { status: 200, headers, body: JSON.stringify({ SigninToken }), toldPages: true };
  });
}

/** Only a role that was not assumed by another one may choose. */
const isDuration = ({ kind, chained }: Session, seconds: number) =>
  kind === 'AssumedRole' && !chained && Number.isInteger(seconds) && seconds >= 900 && seconds <= HOURS_12;

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

async function login(visit: Visit): Promise<WireResponse> {
  const destination = visit.query.get('Destination') ?? '';
  const host = URL.parse(destination)?.host ?? '';
  if (!/^([\w-]+\.)*console\.aws\.amazon\.com$/.test(host) && host !== URL.parse(visit.around.endpoint)?.host) {
    return problemPage('Wrong address', 'The Destination is not a page of the management console.');
  }
  const signedIn = await visit.around.within(async (ctx) => {
    const text = ctx.secrets.open(PURPOSE, visit.query.get('SigninToken') ?? '');
    const given = text && (JSON.parse(text.toString('utf8')) as SigninToken);
    if (!given || given.expires <= ctx.now.getTime()) return undefined;
    return letIn(ctx, given, given.until);
  });
  if (signedIn === undefined) return problemPage('The sign-in token does not work', 'It is older than 15 minutes.');
  return sentTo('/signin/home', cookieFor(visit, signedIn));
}
