/** The access portal: what is somebody's, and the credentials of it for a command line. */
import type { Context } from '../core/context.ts';
import type { FrontAround } from '../core/front.ts';
import { regionOfHost } from '../core/regionalHosts.ts';
import type { WireResponse } from '../core/wire.ts';
import { sourceOf } from '../identity/identitySources.ts';
import { accountWithin, assignmentsOf, permissionSets } from '../identity/permissionSets.ts';
import { type SignedIn, visitorBy } from '../identity/portalSessions.ts';
import { openSession } from '../identity/sessions.ts';
import { applicationList } from './applicationList.ts';
import { managesDevices } from './devicePages.ts';
import { problemPage } from './entry.ts';
import { html, sentTo, shown } from './html.ts';
import { entryWith, letIn, placeOf } from './roleSessions.ts';
import { cookieFor, hidden, type Visit } from './visit.ts';

export const whoVisits = ({ around, token }: Visit): Promise<SignedIn | undefined> =>
  around.within((ctx) => visitorBy(ctx, token));

interface Held {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly roles: readonly string[];
}

async function heldBy({ store, now }: Context, { instance, user }: SignedIn): Promise<Held[]> {
  const sets = new Map<string, Set<string>>();
  for (const { account, permissionSet } of await assignmentsOf(store, instance, user.id)) {
    sets.set(account, (sets.get(account) ?? new Set()).add(permissionSet));
  }
  const held: Held[] = [];
  for (const [id, ids] of sets) {
    const account = await accountWithin(store, instance, id, now);
    if (!account) continue;
    const roles: string[] = [];
    for (const set of ids) {
      const row = await store.get(permissionSets, [instance.id, set]);
      if (row) roles.push(row.name);
    }
    held.push({ id, name: account.name, email: account.email, roles: roles.toSorted() });
  }
  return held.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function portalPage(visit: Visit, person: SignedIn): Promise<WireResponse> {
  const { held, tiles, elsewhere } = await visit.around.within(async (ctx) => ({
    held: await heldBy(ctx, person),
    tiles: await applicationList(ctx, person),
    elsewhere: (await sourceOf(ctx.store, person.user.identityStore)) !== undefined,
  }));
  const { DisplayName } = person.user.attributes;
  const body = html`<p>Signed in as ${DisplayName ?? person.user.userName} (${person.user.userName}).</p>
<h2>Accounts (${held.length})</h2><ul>${held.map((account) => accountItem(visit, account))}</ul>
${tiles}<p>Command lines and SDKs sign in with <code>aws sso login</code>, or from the console with
<code>aws login</code>.</p>
${managesDevices(person) && !elsewhere ? html`<p><a href="/start/devices">MFA devices</a></p>` : undefined}
<form method="post" action="/start/signout">${hidden(visit)}<button>Sign out</button></form>`;
  return shown({ title: 'Access portal', body });
}

const accountItem = (visit: Visit, { id, name, email, roles }: Held) => html`<li><h3>${name}</h3>
<p>${id} · ${email}</p><ul>${roles.map((role) => roleItem(visit, id, name, role))}</ul></li>`;

const roleItem = (visit: Visit, account: string, name: string, role: string) => html`<li>${role}
<form method="post" action="/start/credentials">${hidden(visit, { account, role })}
<button aria-label="Credentials of ${role} in ${name}">Command-line credentials</button></form>
<form method="post" action="/start/console">${hidden(visit, { account, role })}
<button aria-label="Console with ${role} in ${name}">Management console</button></form></li>`;

interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: number;
}

/** As any client of the portal asks, and recorded like that. */
const asked = ({ token, around }: Visit, method: string, path: string, query = ''): Promise<WireResponse> =>
  around.ask({
    ...{ method, path, query, body: new Uint8Array() },
    headers: { 'x-amz-sso_bearer_token': token, host: portalHost(around) },
  });

function portalHost({ source }: FrontAround): string {
  const region = regionOfHost(source.host);
  return region === undefined ? 'portal.sso.amazonaws.com' : `portal.sso.${region}.amazonaws.com`;
}

/** Undefined: the person does not have the role. */
async function credentialsOf(visit: Visit): Promise<RoleCredentials | undefined> {
  const { form } = visit;
  const account = form.get('account') ?? '';
  const role = form.get('role') ?? '';
  const query = new URLSearchParams({ account_id: account, role_name: role }).toString();
  const answer = await asked(visit, 'GET', '/federation/credentials', query);
  if (answer.status !== 200) return undefined;
  const text = Buffer.from(answer.body as Uint8Array).toString('utf8');
  return (JSON.parse(text) as { roleCredentials: RoleCredentials }).roleCredentials;
}

const noCredentials = () => problemPage('No credentials', 'You do not have this role in this account.', 403);

export async function credentialsPage(visit: Visit): Promise<WireResponse> {
  const account = visit.form.get('account') ?? '';
  const role = visit.form.get('role') ?? '';
  const given = await credentialsOf(visit);
  if (!given) return noCredentials();
  const until = new Date(given.expiration).toISOString();
  const { startUrl, region } = await visit.around.within((ctx) => signInFacts(ctx, visit.token));
  const body = html`<p>${role} in ${account}, until ${until}. Whoever has these is you.</p>
<h2>Environment variables</h2>
<pre id="environment">export AWS_ACCESS_KEY_ID="${given.accessKeyId}"
export AWS_SECRET_ACCESS_KEY="${given.secretAccessKey}"
export AWS_SESSION_TOKEN="${given.sessionToken}"
export AWS_ENDPOINT_URL="${visit.around.endpoint}"</pre>
<h2>For aws sso login, which renews them</h2>
<pre id="sso">SSO start URL: ${startUrl}
SSO Region: ${region}
AWS_ENDPOINT_URL: ${visit.around.endpoint}</pre>
<h2>Profile in ~/.aws/credentials</h2>
<pre>[${account}_${role}]
aws_access_key_id=${given.accessKeyId}
aws_secret_access_key=${given.secretAccessKey}
aws_session_token=${given.sessionToken}</pre>
<p><a href="/start">Back to the access portal</a></p>`;
  return shown({ title: 'Credentials', body });
}

/** What a command line asks for: of the Region whose name the browser uses, else of the instance's own. */
async function signInFacts(ctx: Context, token: string) {
  const { instance } = (await visitorBy(ctx, token)) ?? {};
  const startUrl = instance && `https://${instance.identityStore}.awsapps.com/start`;
  return { startUrl, region: regionOfHost(ctx.source.host) ?? instance?.region };
}

/** To the console, with the role: beside the portal, in a session that lasts as long as the role's. */
export async function toConsole(visit: Visit): Promise<WireResponse> {
  const given = await credentialsOf(visit);
  const session = given && openSession(visit.around.secrets, given.sessionToken);
  if (!session) return noCredentials();
  const { token, relayState = '' } = await visit.around.within(async (ctx) => ({
    token: await letIn(ctx, entryWith(session), session.expires),
    relayState: await relayStateOf(ctx, visit),
  }));
  const place = placeOf(relayState, visit.around) ?? '/signin/home';
  return sentTo(place, cookieFor({ room: 'console', secure: visit.secure }, token));
}

/** Where the administrator wants people to begin who choose the role. */
async function relayStateOf(ctx: Context, { token, form }: Visit): Promise<string | undefined> {
  const person = await visitorBy(ctx, token);
  const key = person && [person.instance.id, form.get('role') ?? ''];
  return key && (await ctx.store.list(permissionSets, key, { limit: 1, index: 'name' })).rows[0]?.relayState;
}

/** All tokens of this sign-in end, also those of command lines that were let in by it. */
export async function signOut(visit: Visit): Promise<WireResponse> {
  const elsewhere = await visit.around.within(async (ctx) => {
    const person = await visitorBy(ctx, visit.token);
    return person && (await sourceOf(ctx.store, person.user.identityStore)) !== undefined;
  });
  await asked(visit, 'POST', '/logout');
  // Who signs in elsewhere would be back at once.
  return sentTo(elsewhere ? '/start/goodbye' : '/start');
}

export function goodbyePage(_visit: Visit): WireResponse {
  const body = html`<p>Your session with your organization goes on. <a href="/start">Sign in again</a></p>`;
  return shown({ title: 'You are signed out', body });
}
