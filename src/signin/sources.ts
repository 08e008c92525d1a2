/** Whether people of a directory sign in here, or are sent to an identity provider outside. */
import { pagesAt } from '../core/pagesAddress.ts';
import type { WireResponse } from '../core/wire.ts';
import { sourceOf } from '../identity/identitySources.ts';
import { instanceOfStore } from '../identity/instances.ts';
import { sentTo } from './html.ts';
import type { Visit } from './visit.ts';

/** The way to the identity provider; undefined: they sign in here. */
export async function toProvider(visit: Visit, identityStore: string, next: string): Promise<WireResponse | undefined> {
  const { instance, source } = await visit.around.within(async ({ store }) => ({
    instance: await instanceOfStore(store, identityStore),
    source: await sourceOf(store, identityStore),
  }));
  if (!instance || !source) return undefined;
  if (source.kind === 'saml') {
    return toEndpoint(visit, next) ?? (await import('./externalSaml.ts')).toSamlProvider(visit, instance, source, next);
  }
  // OpenID Connect providers send people back to one address, whatever name they came by.
  const home = next === '/start' ? `/start/${identityStore}` : next;
  if (!isAt(visit, visit.around.endpoint)) return sentTo(`${visit.around.endpoint}${home}`);
  return (await import('./externalOidc.ts')).toOidcProvider(visit, instance, source, next);
}

/** Where the provider sends the browser back to is another host to its cookies than `localhost`. */
function toEndpoint(visit: Visit, next: string): WireResponse | undefined {
  const { endpoint } = visit.around;
  const pages = pagesAt({ endpoint });
  return pages !== endpoint && isAt(visit, pages) ? sentTo(`${endpoint}${next}`) : undefined;
}

/** To where browsers are to sign in: passkeys know no bare addresses, and one host has the session. */
export async function toPages(visit: Visit, identityStore: string, next: string): Promise<WireResponse | undefined> {
  const { endpoint } = visit.around;
  const pages = pagesAt({ endpoint });
  if (pages === endpoint || !isAt(visit, endpoint) || (await isElsewhere(visit, identityStore))) return undefined;
  return sentTo(`${pages}${next}`);
}

const isAt = ({ around }: Visit, address: string) => URL.parse(address)?.host === around.source.host;

export const isElsewhere = (visit: Visit, identityStore: string): Promise<boolean> =>
  visit.around.within(async ({ store }) => (await sourceOf(store, identityStore)) !== undefined);
