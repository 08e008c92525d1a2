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
  // Where the provider sends the browser back to is another host to its cookies.
  const { endpoint } = visit.around;
  if (pagesAt({ endpoint }) !== endpoint && isAt(visit, pagesAt({ endpoint }))) return sentTo(`${endpoint}${next}`);
  return source.kind === 'saml'
    ? (await import('./externalSaml.ts')).toSamlProvider(visit, instance, source, next)
    : (await import('./externalOidc.ts')).toOidcProvider(visit, instance, source, next);
}

const isAt = ({ around }: Visit, address: string) => URL.parse(address)?.host === around.source.host;

export const isElsewhere = (visit: Visit, identityStore: string): Promise<boolean> =>
  visit.around.within(async ({ store }) => (await sourceOf(store, identityStore)) !== undefined);
