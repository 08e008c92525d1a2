/** The keys of OpenID Connect providers, fetched from where the provider's URL says and kept for a while. */
import type { JSONWebKeySet } from 'jose';
import { asked, type Verification } from './providerRequests.ts';
import { Refused } from './refused.ts';

export interface ProviderKeys {
  readonly keys: JSONWebKeySet;
  readonly verification: Verification;
  /** What the provider says of itself: its endpoints, among others. */
  readonly discovery: Readonly<Record<string, unknown>>;
}

export interface Trust {
  /** Of certificates that are believed beside the machine's trust store. */
  readonly thumbprints: readonly string[];
  /** Hosts beside the provider's own where its keys may be; none when absent. */
  readonly mayReach?: (url: URL) => boolean;
}

interface Kept {
  readonly answer: Promise<ProviderKeys>;
  /** Milliseconds. */
  readonly fetched: number;
  failed: boolean;
}

const KEEP_MS = 3_600_000;
/** A provider that failed, or whose keys did not fit, is not asked again sooner. */
const RETRY_MS = 10_000;
const KEPT_MAX = 1000;

const kept = new Map<string, Kept>();

/**
 * The provider's keys. `issuer`: its URL, with the scheme. `fresh`: keys that were kept do not fit; ask again, unless
 * that was done just now. Throws Refused when there are none.
 */
export function providerKeys(issuer: string, trust: Trust, now: Date, fresh = false): Promise<ProviderKeys> {
  const id = `${issuer} ${trust.thumbprints.join(' ')} ${trust.mayReach ? 'elsewhere' : ''}`;
  const known = kept.get(id);
  const age = known ? Math.abs(now.getTime() - known.fetched) : Infinity;
  if (known && age < (fresh || known.failed ? RETRY_MS : KEEP_MS)) return known.answer;
  const made: Kept = { answer: fetchKeys(issuer, trust, now), fetched: now.getTime(), failed: false };
  made.answer.catch(() => {
    made.failed = true;
  });
  kept.delete(id);
  kept.set(id, made);
  if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
  return made.answer;
}

export const couldNotRetrieve = () =>
  new Refused(
    'invalid',
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity " +
      'documentation for requirements',
  );

async function fetchKeys(issuer: string, trust: Trust, now: Date): Promise<ProviderKeys> {
  const base = new URL(issuer);
  const place = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { json: discovery } = await readJson(place, trust, now);
  const uri = discovery.jwks_uri;
  if (discovery.issuer !== issuer || typeof uri !== 'string' || !URL.canParse(uri)) throw couldNotRetrieve();
  const location = new URL(uri);
  const near = location.hostname === base.hostname || trust.mayReach?.(location) === true;
  if (!near || location.protocol !== base.protocol) throw couldNotRetrieve();
  const { json, verification } = await readJson(location, trust, now);
  if (!Array.isArray(json.keys)) throw couldNotRetrieve();
  return { keys: json as unknown as JSONWebKeySet, verification, discovery };
}

async function readJson(url: URL, { thumbprints }: Trust, now: Date) {
  const { status, json, verification } = await asked({ url, thumbprints, now });
  if (status !== 200 || typeof json !== 'object' || json === null) throw couldNotRetrieve();
  return { json: json as Readonly<Record<string, unknown>>, verification };
}
