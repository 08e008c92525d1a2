/**
 * What `aws login` asks a browser for (RFC 6749 with PKCE, RFC 7636). Its two clients are known to everybody: one
 * listens on this machine's loopback address, the other waits somewhere else for a code that its user types in. An error
 * is told to the client only once it is sure that the address is its own.
 * https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_AuthorizeOAuth2Access.html
 */
import type { FrontAround } from '../core/front.ts';
import type { WireResponse } from '../core/wire.ts';
import { problemPage } from './entry.ts';
import { sentTo } from './html.ts';
import { signInRegion } from './sites.ts';

export interface LoginClient {
  readonly id: string;
  /** Last part of the ARN by which policies tell the two. */
  readonly resource: 'localhost' | 'remote';
  /** Whether the browser brings the code to the client itself. */
  readonly redirects: boolean;
  /** How long a code holds: it may have to be typed in. */
  readonly codeMs: number;
  readonly isPlace: (redirectUri: URL, host: string) => boolean;
}

const CLIENTS: readonly LoginClient[] = [
  {
    id: 'arn:aws:signin:::devtools/same-device',
    resource: 'localhost',
    redirects: true,
    codeMs: 60_000,
    isPlace: ({ protocol, hostname, pathname, search, hash }) =>
      protocol === 'http:' && hostname === '127.0.0.1' && pathname === '/oauth/callback' && search + hash === '',
  },
  {
    id: 'arn:aws:signin:::devtools/cross-device',
    resource: 'remote',
    redirects: false,
    codeMs: 10 * 60_000,
    isPlace: ({ host, pathname, search, hash }, own) =>
      host === own && pathname === '/v1/sessions/confirmation' && search + hash === '',
  },
];

export const loginClientOf = (id: string | null | undefined): LoginClient | undefined =>
  CLIENTS.find((client) => client.id === id);

export interface LoginRequest {
  readonly client: LoginClient;
  /** As the client gave it. */
  readonly redirectUri: string;
  readonly state: string | null;
  /** Base64url of the SHA-256 of the verifier. */
  readonly challenge: string;
  readonly method: string;
  readonly scope: string | null;
}

export const ASKED = [
  ...['response_type', 'client_id', 'redirect_uri', 'state', 'scope'],
  ...['code_challenge', 'code_challenge_method'],
] as const;

/** AWS's own name for what RFC 7636 calls S256. */
const METHODS: ReadonlySet<string> = new Set(['SHA-256', 'S256']);
const TEXT_MAX = 2048;

/** A request, or the answer to what is none. */
export function loginRequestIn(asked: URLSearchParams, host: string): LoginRequest | WireResponse {
  const client = loginClientOf(asked.get('client_id'));
  if (!client) return problemPage('Unknown client', 'The client that sent you here is not known.');
  const redirectUri = asked.get('redirect_uri') ?? '';
  const place = redirectUri.length <= TEXT_MAX ? URL.parse(redirectUri) : undefined;
  if (!place || place.username + place.password !== '' || !client.isPlace(place, host)) {
    return problemPage(
      'Wrong address',
      'The client that sent you here asks to return to an address that is not its own.',
    );
  }
  const state = asked.get('state');
  const to = { client, redirectUri, state: state !== null && state.length > TEXT_MAX ? null : state };
  const refused = (error: string, text: string) => refusedBy(to, error, text);
  if (to.state !== state) return refused('invalid_request', 'The state is too long.');
  if (asked.get('response_type') !== 'code')
    return refused('unsupported_response_type', 'The response type must be code.');
  const challenge = asked.get('code_challenge') ?? '';
  const method = asked.get('code_challenge_method') ?? '';
  if (!METHODS.has(method) || !/^[\w-]{43}$/.test(challenge)) {
    return refused('invalid_request', 'A code challenge by SHA-256 is required.');
  }
  const scope = asked.get('scope');
  if (scope !== null && scope !== 'openid') return refused('invalid_scope', 'The scope must be openid.');
  if (asked.get('resource') !== null) return refused('invalid_target', 'The client may not name a resource.');
  return { ...to, challenge, method, scope };
}

export const isAnswer = (found: LoginRequest | WireResponse): found is WireResponse => 'status' in found;

type Returning = Pick<LoginRequest, 'client' | 'redirectUri' | 'state'>;

/** Tells the client, where the browser leads to it; else who sits before the browser. */
export function refusedBy(to: Returning, error: string, text: string): WireResponse {
  if (!to.client.redirects) return problemPage('Sign-in failed', text, error === 'access_denied' ? 403 : 400);
  return sentTo(returnTo(to, { error, error_description: text }));
}

export function returnTo({ redirectUri, state }: Returning, values: Readonly<Record<string, string>>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...values, ...(state !== null && { state }) })) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

/** The Region that a host of sign-in is of. */
export const regionOf = ({ source, settings }: Pick<FrontAround, 'source' | 'settings'>): string =>
  signInRegion(source.host) ?? settings.region;
