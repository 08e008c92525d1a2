/** A command line as `aws login` is: a verifier, a key, and requests that show both; a browser is somebody else's. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import { browserOn } from './browser.ts';
import type { Cloud } from './cloud.ts';
import { PASSWORD } from './people.ts';

export const SAME = 'arn:aws:signin:::devtools/same-device';
export const CROSS = 'arn:aws:signin:::devtools/cross-device';
export const CALLBACK = 'http://127.0.0.1:53037/oauth/callback';

export interface ProofParts {
  readonly header?: object;
  readonly claims?: object;
  readonly by?: KeyObject;
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface TokenAnswer {
  readonly accessToken: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  readonly tokenType: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly idToken?: string;
  readonly error?: string;
  readonly message?: string;
}

export function commandLine(cloud: Cloud, { client = SAME, host = 'cloud.test' } = {}) {
  const verifier = randomBytes(48).toString('base64url');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const redirectUri = client === SAME ? CALLBACK : `http://${host}/v1/sessions/confirmation`;
  const state = randomUUID();

  function proof({ header, claims, by = privateKey }: ProofParts = {}): string {
    const jwk = publicKey.export({ format: 'jwk' });
    const iat = Math.floor(Date.now() / 1000);
    const own = { htm: 'POST', htu: `http://${host}/v1/token`, iat, jti: randomUUID() };
    const text = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })}.${part({ ...own, ...claims })}`;
    return `${text}.${sign('sha256', Buffer.from(text), { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  async function token(input: object, { dpop = proof(), headers = {} } = {}) {
    const response = await cloud.send({
      ...{ method: 'POST', path: '/v1/token', body: Buffer.from(JSON.stringify(input)) },
      headers: { host, 'content-type': 'application/json', ...(dpop !== '' && { dpop }), ...headers },
    });
    const { status } = response;
    return { status, headers: response.headers, ...(JSON.parse(String(response.body)) as TokenAnswer) };
  }

  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    state,
    verifier,
    redirectUri,
    proof,
    token,
    /** Where the browser is sent. */
    address: (more: Readonly<Record<string, string>> = {}) =>
      `/v1/authorize?${new URLSearchParams({
        ...{ response_type: 'code', client_id: client, state, code_challenge_method: 'SHA-256', scope: 'openid' },
        ...{ redirect_uri: redirectUri, code_challenge: createHash('sha256').update(verifier).digest('base64url') },
        ...more,
      })}`,
    exchange: (code: string, more: object = {}, options: Parameters<typeof token>[1] = {}) =>
      token(
        { clientId: client, grantType: 'authorization_code', code, codeVerifier: verifier, redirectUri, ...more },
        options,
      ),
    refresh: (refreshToken: string, options: Parameters<typeof token>[1] = {}) =>
      token({ clientId: client, grantType: 'refresh_token', refreshToken }, options),
  };
}

type CommandLine = ReturnType<typeof commandLine>;

/** A browser in which an IAM user is signed in, of the management account or of the one that `iam` is of. */
export async function signedInBrowser(
  cloud: Cloud,
  name: string,
  { iam, account }: Pick<Cloud['root'], 'iam'> & { account: string } = {
    ...cloud.root,
    account: cloud.managementAccount,
  },
) {
  await iam.createLoginProfile({ UserName: name, Password: PASSWORD });
  const browser = browserOn(cloud.send);
  await browser.go('/signin');
  await browser.submit('/signin', { account, name, password: PASSWORD });
  return browser;
}

/** The code that somebody who is signed in allows. */
export async function allowedCode(browser: ReturnType<typeof browserOn>, client: CommandLine): Promise<string> {
  await browser.go(client.address());
  const page = await browser.submit('/v1/authorize', { decision: 'ALLOWED' });
  if (page.location !== undefined) return new URL(page.location).searchParams.get('code') ?? page.location;
  const shown = /<pre id="code">([^<]+)</.exec(page.text)?.[1] ?? '';
  return new URLSearchParams(Buffer.from(shown, 'base64').toString()).get('code') ?? page.text;
}
