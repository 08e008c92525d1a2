/**
 * The token endpoint of `aws login`: a code becomes credentials and a refresh token, a refresh token the next ones. Every
 * request brings a proof of the client's key. A refresh token is of one round: asked again within a quarter of an hour it
 * answers the same once more, so that two programs of one user do not lock each other out; later, or of an older round,
 * it is somebody's copy, and the login ends.
 * https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_CreateOAuth2Token.html
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import type { FrontAround } from '../core/front.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { digestOf } from '../identity/portalSessions.ts';
import { proofIn, usedFirst } from './dpop.ts';
import { idToken } from './idTokens.ts';
import { type Input, inputOf } from './loginInputs.ts';
import { recordLogin, refusalOf } from './loginRecords.ts';
import { loginClientOf, regionOf } from './loginRequests.ts';
import { holderOf, isStanding, type Login, loginCodes, logins, sealed, sessionOf } from './logins.ts';

type Code = 'TOKEN_EXPIRED' | 'AUTHCODE_EXPIRED' | 'USER_CREDENTIALS_CHANGED' | 'INSUFFICIENT_PERMISSIONS';

interface Refusal {
  readonly error: Code | 'INVALID_REQUEST';
  readonly message: string;
}

interface Tokens {
  readonly accessToken: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
  readonly tokenType: 'aws_sigv4';
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly idToken?: string;
}

const KINDS: Readonly<Record<Refusal['error'], { readonly status: number; readonly type: string }>> = {
  TOKEN_EXPIRED: { status: 401, type: 'AccessDeniedException' },
  AUTHCODE_EXPIRED: { status: 401, type: 'AccessDeniedException' },
  USER_CREDENTIALS_CHANGED: { status: 403, type: 'AccessDeniedException' },
  INSUFFICIENT_PERMISSIONS: { status: 403, type: 'AccessDeniedException' },
  INVALID_REQUEST: { status: 400, type: 'ValidationException' },
};

const refuse = (error: Refusal['error'], message: string): Refusal => ({ error, message });
const invalid = (message: string) => refuse('INVALID_REQUEST', message);
const EXPIRED = refuse('TOKEN_EXPIRED', 'The refresh token is not valid any more.');

export async function tokenAnswer(request: WireRequest, around: FrontAround): Promise<WireResponse> {
  const outcome = await answered(request, around);
  const kind = 'error' in outcome ? KINDS[outcome.error] : undefined;
  return {
    status: kind?.status ?? 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(kind && { 'x-amzn-errortype': kind.type }),
    },
    body: JSON.stringify(outcome),
    toldPages: true,
  };
}

async function answered(request: WireRequest, around: FrontAround): Promise<Tokens | Refusal> {
  const input = inputOf(request);
  if (typeof input === 'string') return invalid(input);
  const { wallClock, source } = around;
  const proof = proofIn(request, source.tls !== undefined, wallClock);
  if (!proof) return invalid('The DPoP proof is missing or does not hold for this request.');
  return around.within(async (ctx) => {
    const isFresh = () => usedFirst(ctx, proof, wallClock);
    const asked = { input, thumbprint: proof.thumbprint, region: regionOf(around), isFresh };
    return input.grantType === 'authorization_code' ? ofCode(ctx, asked) : ofRefreshToken(ctx, asked);
  });
}

const REPLAYED = invalid('The DPoP proof was used already.');

interface Asked {
  readonly input: Input;
  readonly thumbprint: string;
  readonly region: string;
  /** Uses the proof up; asked of who brought a code or a token of ours: strangers write nothing. */
  readonly isFresh: () => Promise<boolean>;
}

/** Used up by whoever knows it, also if the rest is wrong; used twice, it ends what it began. */
async function ofCode(ctx: Context, asked: Asked): Promise<Tokens | Refusal> {
  const { code, codeVerifier, redirectUri, clientId } = asked.input;
  if (code === undefined) return invalid('The code is required.');
  const row = await ctx.store.get(loginCodes, [digestOf(code)]);
  if (row && !(await asked.isFresh())) return REPLAYED;
  const login = row && (await ctx.store.get(logins, [row.login]));
  if (!login || row.used || row.expires <= ctx.now.getTime()) {
    if (row) await ctx.store.remove(logins, [row.login]);
    return refuse('AUTHCODE_EXPIRED', 'The authorization code was used, or is too old.');
  }
  await ctx.store.replace(loginCodes, { ...row, used: true });
  if (login.client !== clientId || login.redirectUri !== redirectUri || !isProven(row.challenge, codeVerifier ?? '')) {
    await ctx.store.remove(logins, [login.id]);
    return invalid('The authorization code is of another client, address or code challenge.');
  }
  return renewed(ctx, { ...login, thumbprint: asked.thumbprint }, asked);
}

/** PKCE (RFC 7636), by SHA-256. */
function isProven(challenge: string, verifier: string): boolean {
  const shown = Buffer.from(createHash('sha256').update(verifier).digest('base64url'));
  const asked = Buffer.from(challenge);
  return shown.length === asked.length && timingSafeEqual(shown, asked);
}

const PURPOSE = 'signin-refresh-token';
const ANSWER_PURPOSE = 'signin-answer';
const AGAIN_MS = 15 * 60_000;

interface RefreshToken {
  readonly login: string;
  readonly round: number;
  readonly cnf: { readonly jkt: string };
}

async function ofRefreshToken(ctx: Context, asked: Asked): Promise<Tokens | Refusal> {
  const { refreshToken, clientId } = asked.input;
  if (refreshToken === undefined) return invalid('The refresh token is required.');
  const plain = ctx.secrets.open(PURPOSE, refreshToken);
  if (!plain) return EXPIRED;
  const { login: id, round, cnf } = JSON.parse(plain.toString('utf8')) as RefreshToken;
  if (cnf.jkt !== asked.thumbprint) return invalid('The DPoP proof is not of the key that the token is bound to.');
  const login = await ctx.store.get(logins, [id]);
  if (!login || login.expires <= ctx.now.getTime()) return EXPIRED;
  if (!(await asked.isFresh())) return REPLAYED;
  if (login.client !== clientId) return invalid('The refresh token is of another client.');
  if (round === login.round) return renewed(ctx, login, asked);
  const again = round === login.round - 1 ? lastAnswer(ctx, login) : undefined;
  if (again) return again;
  await ctx.store.remove(logins, [login.id]);
  return EXPIRED;
}

function lastAnswer(ctx: Context, { answer, answered = 0 }: Login): Tokens | undefined {
  const since = ctx.now.getTime() - answered;
  if (answer === undefined || since >= AGAIN_MS) return undefined;
  const plain = ctx.secrets.open(ANSWER_PURPOSE, answer);
  const tokens = plain && (JSON.parse(plain.toString('utf8')) as Tokens);
  const expiresIn = (tokens?.expiresIn ?? 0) - Math.floor(since / 1000);
  return tokens && expiresIn > 0 ? { ...tokens, expiresIn } : undefined;
}

/** The next credentials, if whoever signed in still may have them. */
async function renewed(ctx: Context, login: Login, asked: Asked): Promise<Tokens | Refusal> {
  const refusal = await whyNot(ctx, login, asked);
  const { region } = asked;
  const { grantType, clientId } = asked.input;
  recordLogin(ctx, 'CreateOAuth2Token', {
    ...{ caller: holderOf(login), region, refusal: refusal?.message },
    parameters: { client_id: clientId },
    more: { signInSessionArn: login.standing.signInSessionArn, grant_type: grantType },
  });
  if (refusal) {
    if (refusal.error !== 'INSUFFICIENT_PERMISSIONS') await ctx.store.remove(logins, [login.id]);
    return refusal;
  }
  const first = grantType === 'authorization_code';
  const tokens = tokensOf(ctx, login);
  const answer = ctx.secrets.seal(ANSWER_PURPOSE, JSON.stringify(tokens), ctx.random(12));
  const answered = ctx.now.getTime();
  await ctx.store.replace(logins, { ...login, round: login.round + 1, answer, answered });
  return first ? { ...tokens, idToken: await idToken(ctx, login) } : tokens;
}

async function whyNot(ctx: Context, login: Login, { input, region }: Asked): Promise<Refusal | undefined> {
  if (!(await isStanding(ctx, login))) {
    return refuse('USER_CREDENTIALS_CHANGED', 'The credentials of the user have changed. Sign in again.');
  }
  const client = loginClientOf(login.client)!;
  const conditions = {
    'signin:OAuthClientId': client.id,
    'signin:OAuthRedirectUri': login.redirectUri,
    'signin:OAuthGrantType': input.grantType,
    'signin:OAuthClientAuthentication': 'none',
  };
  const asked = { caller: holderOf(login), region, resource: client.resource, conditions };
  const message = await refusalOf(ctx, 'CreateOAuth2Token', asked);
  return message === undefined ? undefined : refuse('INSUFFICIENT_PERMISSIONS', message);
}

function tokensOf(ctx: Context, login: Login): Tokens {
  const session = sessionOf(ctx, login);
  const token: RefreshToken = { login: login.id, round: login.round + 1, cnf: { jkt: login.thumbprint ?? '' } };
  return {
    accessToken: {
      accessKeyId: session.accessKeyId,
      secretAccessKey: session.secretAccessKey,
      sessionToken: sealed(ctx, session),
    },
    tokenType: 'aws_sigv4',
    expiresIn: Math.max(1, Math.floor((session.expires - ctx.now.getTime()) / 1000)),
    refreshToken: ctx.secrets.seal(PURPOSE, JSON.stringify(token), ctx.random(12)),
  };
}
