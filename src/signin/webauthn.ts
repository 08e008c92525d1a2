/**
 * Passkeys: what a browser is asked, and whether its answer is believed. The library is loaded with the first answer.
 * What it is given to check: the challenge, the origin and the RP id of this site, that the user was verified, the
 * signature, the counter. What is checked here: whose the credential is, and that no other page stood around ours.
 * https://www.w3.org/TR/webauthn-3/#sctn-rp-operations
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Context } from '../core/context.ts';
import { type Passkey, passkeys, passkeysOf } from '../identity/passkeys.ts';
import { asked, PATIENCE_MS, taken } from './ceremonies.ts';
import type { Site } from './sites.ts';

/** COSE: ML-DSA-44, EdDSA, ES256, RS256; the first that an authenticator has is taken. */
const ALGORITHMS = [-48, -8, -7, -257];

interface Somebody {
  /** See `holderOf`. */
  readonly holder: string;
  readonly name: string;
  readonly displayName: string;
}

const newChallenge = (ctx: Context) => Buffer.from(ctx.random(32)).toString('base64url');

/** What the browser is asked for a new passkey; those that there are already are left out by it. */
export async function creationOf(ctx: Context, cookie: string, { id }: Site, who: Somebody): Promise<object> {
  const known = await passkeysOf(ctx.store, who.holder);
  return {
    challenge: await asked(ctx, cookie, 'register', newChallenge(ctx)),
    rp: { id, name: 'Gatehouse' },
    user: { id: who.holder, name: who.name, displayName: who.displayName },
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: known.filter(({ site }) => site === id).map(described),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    attestation: 'none',
    timeout: PATIENCE_MS,
  };
}

/** What the browser is asked of somebody who has passkeys for this site; undefined: has none. */
export async function requestOf(
  ctx: Context,
  cookie: string,
  { id: rpId }: Site,
  holder: string,
): Promise<object | undefined> {
  const known = (await passkeysOf(ctx.store, holder)).filter(({ site }) => site === rpId);
  if (known.length === 0) return undefined;
  const challenge = await asked(ctx, cookie, 'prove', newChallenge(ctx));
  return {
    ...{ challenge, rpId, userVerification: 'required', timeout: PATIENCE_MS },
    allowCredentials: known.map(described),
  };
}

const described = ({ id, transports }: Passkey) => ({ type: 'public-key', id, transports });

/** The passkey that was made; undefined: the answer is not to be believed. The row is the caller's to insert. */
export async function made(
  ctx: Context,
  cookie: string,
  site: Site | undefined,
  holder: string,
  answer: string,
): Promise<Passkey | undefined> {
  const response = answerIn<RegistrationResponseJSON>(answer);
  const challenge = await taken(ctx, cookie, 'register');
  if (!response || challenge === undefined || !site) return undefined;
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const verified = await believed(
    verifyRegistrationResponse({ ...expected(site, challenge), response, supportedAlgorithmIDs: ALGORITHMS }),
  );
  if (!verified?.verified) return undefined;
  const { id, publicKey, counter } = verified.registrationInfo.credential;
  const transports = transportsIn(response.response.transports);
  const key = Buffer.from(publicKey).toString('base64url');
  return { id, holder, publicKey: key, counter, site: site.id, transports };
}

/**
 * The passkey that answered, its counter moved on; undefined: the answer is not to be believed. A counter that does not
 * grow means that somebody has a copy of the key.
 */
export async function proven(
  ctx: Context,
  cookie: string,
  site: Site | undefined,
  holder: string,
  answer: string,
): Promise<Passkey | undefined> {
  const response = answerIn<AuthenticationResponseJSON>(answer);
  const challenge = await taken(ctx, cookie, 'prove');
  if (!response || challenge === undefined || !site) return undefined;
  const passkey = await ctx.store.get(passkeys, [response.id]);
  const { userHandle = holder } = response.response;
  if (!passkey || passkey.holder !== holder || passkey.site !== site.id || userHandle !== holder) return undefined;
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { id, counter, publicKey } = passkey;
  const credential = { id, counter, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')) };
  const verified = await believed(verifyAuthenticationResponse({ ...expected(site, challenge), response, credential }));
  if (!verified?.verified) return undefined;
  const used = { ...passkey, counter: verified.authenticationInfo.newCounter };
  await ctx.store.replace(passkeys, used);
  return used;
}

const expected = (site: Site, expectedChallenge: string) => ({
  expectedChallenge,
  expectedOrigin: site.origin,
  expectedRPID: site.id,
  requireUserVerification: true,
});

/** The library throws what it does not believe. */
const believed = <T>(verified: Promise<T>): Promise<T | undefined> => verified.catch(() => undefined);

interface Answer {
  readonly id: string;
  readonly response: { readonly clientDataJSON: string };
}

/** As a browser's `toJSON` writes it; nothing of ours is ever shown in a frame. */
function answerIn<T extends Answer>(text: string): T | undefined {
  try {
    const answer = JSON.parse(text) as T;
    if (typeof answer?.id !== 'string' || typeof answer.response?.clientDataJSON !== 'string') return undefined;
    const client = JSON.parse(Buffer.from(answer.response.clientDataJSON, 'base64url').toString('utf8')) as {
      crossOrigin?: unknown;
    };
    return client.crossOrigin === true ? undefined : answer;
  } catch {
    return undefined;
  }
}

const TRANSPORTS = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);

const transportsIn = (told: unknown): string[] =>
  Array.isArray(told) ? told.filter((each): each is string => TRANSPORTS.has(each)).slice(0, TRANSPORTS.size) : [];
