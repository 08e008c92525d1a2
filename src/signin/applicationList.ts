/** The applications that are somebody's, as the access portal shows them. */
import type { Context } from '../core/context.ts';
import { type Application, applications, applicationsOf } from '../identity/applications.ts';
import type { SignedIn } from '../identity/portalSessions.ts';
import { CUSTOM_SAML } from '../identity/samlApplications.ts';
import { html, type Markup } from './html.ts';

export async function applicationList({ store }: Context, { instance, user }: SignedIn): Promise<Markup | undefined> {
  const tiles: { name: string; url: string; description: string | undefined }[] = [];
  for (const id of await applicationsOf(store, instance, user.id)) {
    const row = await store.get(applications, [instance.id, id]);
    const url = row && placeOf(row);
    if (row && url !== undefined) tiles.push({ name: row.name, description: row.description, url });
  }
  if (tiles.length === 0) return undefined;
  const items = tiles
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, description, url }) => html`<li><a href="${url}">${name}</a> ${description}</li>`);
  return html`<h2>Applications (${tiles.length})</h2><ul>${items}</ul>`;
}

/** Where it begins; undefined: it is not shown. */
function placeOf({ id, provider, status, portal: { visibility, url } }: Application): string | undefined {
  if (status !== 'ENABLED' || visibility !== 'ENABLED') return undefined;
  if (provider === CUSTOM_SAML) return `/saml/assertion/${id}`;
  return url !== undefined && /^https?:/i.test(url) ? url : undefined;
}
