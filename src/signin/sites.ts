/**
 * Under which name and origin a browser sees these pages. What a passkey is bound to must be sure: a page in between
 * could send any host name along. So it is one of AWS's, that of the endpoint, this machine, or one that our own
 * certificate is for. Browsers make passkeys in secure contexts only, and never for a bare address.
 * https://www.w3.org/TR/webauthn-3/#relying-party-identifier
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Settings, Source } from '../core/context.ts';
import { defaultRegions, optInRegions } from '../identity/regions.ts';

export interface Site {
  /** RP id: the host name. */
  readonly id: string;
  /** `http://localhost:4566` */
  readonly origin: string;
}

/** The portals of AWS's own names. */
const PORTALS = [
  /^d-[0-9a-f]{10}\.awsapps\.com$/,
  /^device\.sso\.[a-z\d-]+\.amazonaws\.com$/,
  /^ssoins-[0-9a-f]{16}\.(?:[a-z\d-]+\.portal\.amazonaws\.com|portal\.[a-z\d-]+\.app\.aws)$/,
];
/** Sign-in's regional names share their passkeys. */
const SIGN_IN = /^(?:[a-z\d-]+\.)?(signin\.aws\.amazon\.com)$|^[a-z\d-]+\.(?:sso\.)?(signin\.aws)$/;

/** The origin of a portal of AWS's names; undefined: the host is none. */
export const portalOrigin = (host: string): string | undefined => {
  const name = URL.parse(`https://${host}`)?.hostname ?? '';
  return PORTALS.some((each) => each.test(name)) ? `https://${host.toLowerCase()}` : undefined;
};

/** Undefined: no passkeys on this address. */
export function siteOf({ host, tls }: Pick<Source, 'host' | 'tls'>, settings: Settings): Site | undefined {
  const asked = URL.parse(`${tls ? 'https' : 'http'}://${host}`);
  if (!asked) return undefined;
  const { hostname: id } = asked;
  const [, longer, shorter] = SIGN_IN.exec(id) ?? [];
  const aws = PORTALS.some((name) => name.test(id)) ? id : (longer ?? shorter);
  if (aws !== undefined) return { id: aws, origin: `https://${host.toLowerCase()}` };
  if (isIP(id) !== 0 || id.startsWith('[') || (!tls && id !== 'localhost')) return undefined;
  return isOurs(id, asked.port, Boolean(tls), settings) ? { id, origin: asked.origin } : undefined;
}

function isOurs(name: string, port: string, tls: boolean, { endpoint, tlsCert }: Settings): boolean {
  const own = URL.parse(endpoint);
  if (own?.hostname === name && own.port === port) return true;
  if (name === 'localhost') return own?.port === port;
  return tls && tlsCert !== undefined && new X509Certificate(tlsCert).checkHost(name) !== undefined;
}

/** Of a regional name of AWS's sign-in; undefined: it is another name, or there is no such Region. */
export function signInRegion(host: string): string | undefined {
  const region = /^([a-z\d-]+)\.signin\.aws\.amazon\.com(:\d+)?$/i.exec(host)?.[1]?.toLowerCase() ?? '';
  return defaultRegions.has(region) || optInRegions.has(region) ? region : undefined;
}
