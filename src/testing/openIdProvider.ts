/**
 * A real OpenID Connect provider (the package oidc-provider) on the loopback interface: people sign in with a browser,
 * programs with a secret.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import type { Issued } from './certificates.ts';

const REDIRECT = 'https://app.example.com/callback';
const SECRET = 'a-secret-of-the-client';

export interface ProviderOptions {
  /** Whom tokens are for; the first one asks for them. */
  readonly audiences?: readonly string[];
  /** Under TLS, at this host. */
  readonly tls?: { readonly certificate: Issued; readonly host: string; readonly port?: number };
  /** What the tokens of programs say, beside the audience. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** What is known of people. */
  readonly person?: Readonly<Record<string, unknown>>;
}

async function keys(kid: string) {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { keys: [{ ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' }] };
}

export async function openIdProvider(t: TestContext, options: ProviderOptions = {}) {
  const { audiences = ['sts.amazonaws.com'], tls, claims = {}, person = {} } = options;
  // It says of each default that a test leaves alone that it is for tests.
  for (const name of ['info', 'warn'] as const) t.mock.method(console, name, () => undefined);
  const asked: string[] = [];
  let answer: RequestListener = (_request, response) => response.writeHead(503).end();
  const listener: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  };
  const own = `http://127.0.0.1:${await portOf(t, createServer(listener), 0)}`;
  const issuer = tls ? await secured(t, tls, listener) : own;
  const begin = async (kid: string) => {
    const settings = configuration(audiences, claims, person);
    answer = new Provider(issuer, { ...settings, jwks: await keys(kid) }).callback();
  };
  await begin('first');
  return {
    issuer,
    url: issuer.replace(/^https?:\/\//, ''),
    asked,
    rotate: () => begin('second'),
    ...clientOf(own, audiences[0]!),
  };
}

async function portOf(t: TestContext, server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function secured(t: TestContext, tls: NonNullable<ProviderOptions['tls']>, listener: RequestListener) {
  const key = tls.certificate.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const server = createSecureServer({ cert: tls.certificate.pem, key }, listener);
  const port = await portOf(t, server, tls.port ?? 0);
  return `https://${tls.host}${port === 443 ? '' : `:${port}`}`;
}

function configuration(
  audiences: readonly string[],
  claims: object,
  person: Readonly<Record<string, unknown>>,
): object {
  return {
    clients: audiences.map((client_id) => ({
      ...{ client_id, client_secret: SECRET, redirect_uris: [REDIRECT], response_types: ['code'] },
      grant_types: ['authorization_code', 'client_credentials'],
    })),
    cookies: { keys: ['cookies of a test'] },
    conformIdTokenClaims: false,
    claims: { openid: ['sub', ...Object.keys(person)] },
    findAccount: (_ctx: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub, ...person }) }),
    formats: {
      customizers: {
        jwt: (_ctx: unknown, _token: unknown, { payload }: { payload: object }) => void Object.assign(payload, claims),
      },
    },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: '', audience: audiences[0], accessTokenFormat: 'jwt' }),
      },
    },
  };
}

/** What a client asks, over plain HTTP. */
function clientOf(own: string, clientId: string) {
  const credentials = { client_id: clientId, client_secret: SECRET };

  async function token(form: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const response = await fetch(`${own}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...credentials, ...form }),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Record<string, string>;
  }

  return {
    /** Of a program: a JSON Web Token. */
    async programToken() {
      const { access_token } = await token({ grant_type: 'client_credentials', resource: 'https://aws.example.com/' });
      return access_token!;
    },
    /** Of somebody who signs in with a browser and consents. */
    async personToken(name: string) {
      const verifier = randomBytes(32).toString('base64url');
      const code = await codeFor(own, clientId, name, verifier);
      const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier };
      return (await token(form)).id_token!;
    },
  };
}

/** Through the provider's own pages. */
async function codeFor(own: string, client_id: string, login: string, verifier: string): Promise<string> {
  const cookies = new Map<string, string>();
  const visit = async (url: URL, form?: URLSearchParams) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const post = form ? { method: 'POST', body: form } : {};
    const response = await fetch(url, { redirect: 'manual', headers: { cookie }, ...post });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    return response;
  };
  const code_challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = {
    client_id,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: REDIRECT,
    code_challenge,
    code_challenge_method: 'S256',
  };
  let url = new URL(`/auth?${new URLSearchParams(query)}`, own);
  let response = await visit(url);
  for (let step = 0; step < 10; step++) {
    const location = response.headers.get('location');
    if (location?.startsWith(REDIRECT)) return new URL(location).searchParams.get('code') ?? location;
    if (location !== null) {
      url = new URL(location, own);
      response = await visit(url);
    } else {
      const prompt = /name="prompt" value="(\w+)"/.exec(await response.text())?.[1] ?? '';
      response = await visit(url, new URLSearchParams({ prompt, login, password: 'any' }));
    }
  }
  throw new Error(`The provider gave no code: ${url}`);
}

export const thumbprintOf = ({ der }: Issued) => createHash('sha1').update(der).digest('hex');
