/** JSON Web Tokens of OpenID Connect providers: what they claim, once a key of the provider's has signed it. */
import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from 'jose';
import { couldNotRetrieve, type ProviderKeys, providerKeys, type Trust } from './providerKeys.ts';
import { refuse } from './refused.ts';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
/** Clocks differ: how long before its `nbf` or `iat` a token is believed. */
const SKEW_SECONDS = 300;

const invalid = (message: string): never => refuse('invalid', message);

/** What it says; believed by nobody yet. */
export function claimsOf(text: string): JWTPayload {
  try {
    const { alg } = decodeProtectedHeader(text);
    if (alg !== undefined && ALGORITHMS.includes(alg)) return decodeJwt(text);
  } catch {}
  return invalid('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)');
}

export function requireText(claims: JWTPayload, name: string): string {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : invalid(`Missing a required claim: ${name}`);
}

export const audiencesOf = ({ aud }: JWTPayload): readonly string[] =>
  (Array.isArray(aud) ? aud : [aud]).filter((one) => typeof one === 'string');

/** It has not expired, and is not of the future. */
export function requireTimely({ exp, nbf, iat }: JWTPayload, now: Date): void {
  const seconds = Math.floor(now.getTime() / 1000);
  if (typeof exp !== 'number') invalid('Missing a required claim: exp');
  else if (exp <= seconds) {
    refuse('expired', `Token expired: current date/time ${seconds} must be before the expiration date/time${exp}`);
  }
  if (typeof iat !== 'number') invalid('Missing a required claim: iat');
  const begins = Math.max(typeof nbf === 'number' ? nbf : 0, iat ?? 0);
  if (begins > seconds + SKEW_SECONDS) {
    invalid(`Token is not yet valid: current date/time ${seconds} must be after the not before date/time ${begins}`);
  }
}

/** Keys that were kept are asked for anew once when the token was signed with none of them. Throws Refused. */
export async function verifySignature(text: string, issuer: string, trust: Trust, now: Date): Promise<ProviderKeys> {
  const keys = await providerKeys(issuer, trust, now);
  if (await isSignedWith(text, keys)) return keys;
  const fresh = await providerKeys(issuer, trust, now, true);
  if (fresh !== keys && (await isSignedWith(text, fresh))) return fresh;
  throw couldNotRetrieve();
}

/** More keys of the kind that signed it are too many, as AWS has it. */
const KEYS_MAX = 100;

/** False if none of the keys has the token's key id, or they are too many. Throws if one has, and did not sign it. */
async function isSignedWith(text: string, { keys }: ProviderKeys): Promise<boolean> {
  const kind = decodeProtectedHeader(text).alg?.startsWith('RS') ? 'RSA' : 'EC';
  if (keys.keys.filter((key) => key?.kty === kind).length > KEYS_MAX) return false;
  try {
    await compactVerify(text, createLocalJWKSet(keys), { algorithms: ALGORITHMS });
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return isSignedWithOneOf(text, error);
    if (error instanceof errors.JWSSignatureVerificationFailed) invalid('Invalid token signature');
    if (error instanceof errors.JOSEError || error instanceof TypeError) return false;
    throw error;
  }
}

async function isSignedWithOneOf(text: string, candidates: errors.JWKSMultipleMatchingKeys): Promise<boolean> {
  for await (const key of candidates) {
    const signed = await compactVerify(text, key, { algorithms: ALGORITHMS }).then(
      () => true,
      () => false,
    );
    if (signed) return true;
  }
  return invalid('Invalid token signature');
}
