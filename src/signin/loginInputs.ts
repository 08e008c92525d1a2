/** What is asked of the token endpoint: JSON as SDKs write it, or a form as OAuth 2.0 has it. */
import type { WireRequest } from '../core/wire.ts';
import { loginClientOf } from './loginRequests.ts';

export interface Input {
  readonly clientId: string;
  readonly grantType: 'authorization_code' | 'refresh_token';
  readonly code?: string | undefined;
  readonly redirectUri?: string | undefined;
  readonly codeVerifier?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** Member, its name in a form, and what AWS's model wants of it. */
const MEMBERS: readonly (readonly [name: keyof Input, form: string, pattern: RegExp])[] = [
  ['clientId', 'client_id', /^.{1,256}$/],
  ['grantType', 'grant_type', /^(authorization_code|refresh_token)$/],
  ['code', 'code', /^.{1,512}$/],
  ['redirectUri', 'redirect_uri', /^.{1,2048}$/],
  ['codeVerifier', 'code_verifier', /^[A-Za-z0-9\-._~]{43,128}$/],
  ['refreshToken', 'refresh_token', /^.{1,2048}$/],
];

const REQUIRED: ReadonlySet<string> = new Set(['clientId', 'grantType']);
const BODY_BYTES_MAX = 64 * 1024;

/** A text: why the request is none. */
export function inputOf({ headers, body }: Pick<WireRequest, 'headers' | 'body'>): Input | string {
  const read = body.length <= BODY_BYTES_MAX ? reader(headers['content-type'] ?? '', body) : undefined;
  if (!read) return 'The body is neither JSON nor a form.';
  const input: Record<string, string> = {};
  for (const [name, form, pattern] of MEMBERS) {
    const value = read(name, form);
    if (value === undefined || value === null) {
      if (REQUIRED.has(name)) return `The member ${name} is required.`;
    } else if (typeof value !== 'string' || !pattern.test(value)) return `The member ${name} is not valid.`;
    else input[name] = value;
  }
  return loginClientOf(input.clientId) ? (input as unknown as Input) : 'The member clientId is not valid.';
}

type Reader = (name: string, form: string) => unknown;

function reader(type: string, body: Uint8Array): Reader | undefined {
  const text = Buffer.from(body).toString('utf8');
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(text);
    return (_name, key) => (form.getAll(key).length > 1 ? form.getAll(key) : form.get(key));
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    return (name) => (Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined);
  } catch {
    return undefined;
  }
}
