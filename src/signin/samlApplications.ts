/**
 * SAML applications: we are the identity provider. What a service provider asks is kept, so that it survives the
 * sign-in; what it gets is posted by the browser from a page of ours.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/customermanagedapps-saml2-setup.html
 */
import { createPrivateKey } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { byExpiry, forgetExpired } from '../core/expiring.ts';
import type { WireResponse } from '../core/wire.ts';
import { Refused, refuse } from '../federation/refused.ts';
import { type Carried, readAuthnRequest } from '../federation/samlRequestReading.ts';
import { passiveRefusal, signedResponse } from '../federation/samlResponses.ts';
import { type Application, applications, mayUse } from '../identity/applications.ts';
import { type DirectoryUser, groupsOf } from '../identity/directory.ts';
import { type Instance, instances } from '../identity/instances.ts';
import { newToken, type SignedIn } from '../identity/portalSessions.ts';
import {
  type ApplicationSigner,
  type AttributeMapping,
  identityProviderOf,
  type SamlApplication,
  samlApplicationOf,
} from '../identity/samlApplications.ts';
import { metadataOf, SAML_PURPOSE } from '../identity/samlIdentity.ts';
import { attributeAt } from '../identity/userAttributes.ts';
import { table } from '../store/store.ts';
import { noAccess, problemPage, signInPage } from './entry.ts';
import { formsTo } from './externalSaml.ts';
import { html, sentTo, shown } from './html.ts';
import { whoVisits } from './portal.ts';
import { recordFederation } from './records.ts';
import { hidden, type Visit } from './visit.ts';

/** What a service provider asked. */
interface Asked {
  readonly id: string;
  readonly application: string;
  /** Of the SAML request; undefined: nobody asked, the person chose the application. */
  readonly request?: string | undefined;
  readonly relayState?: string | undefined;
  readonly force?: boolean;
  readonly passive?: boolean;
  /** Milliseconds. */
  readonly created: number;
  readonly expires: number;
}

const askedRows = table<Asked>('signin_saml_request', {
  key: (row) => [row.id],
  indexes: { expires: byExpiry },
});

const REQUEST_MS = 15 * 60_000;
const RELAY_STATE_MAX = 1024;

interface Found {
  readonly saml: SamlApplication;
  readonly application: Application;
  readonly instance: Instance;
}

async function foundAt(ctx: Context, id: string): Promise<Found | undefined> {
  const saml = await samlApplicationOf(ctx.store, id);
  const application = saml && (await ctx.store.get(applications, [saml.instance, id]));
  const instance = saml && (await ctx.store.get(instances, [saml.instance]));
  return saml && application && instance ? { saml, application, instance } : undefined;
}

const noApplication = () => problemPage('No such application', 'There is no application at this address.', 404);

/** `/saml/assertion/<application>`: with a request, with the id of one that is kept, or with nothing. */
export async function assertionPage(visit: Visit, id: string, query: string): Promise<WireResponse> {
  const carried = carriedBy(visit, query);
  if (carried) return keptRequest(visit, id, carried);
  if (visit.method !== 'GET') return noApplication();
  const key = visit.query.get('request');
  const found = await visit.around.within(async (ctx) => {
    const row = key === null ? undefined : await ctx.store.get(askedRows, [key]);
    const asked = row && row.expires > ctx.now.getTime() && row.application === id ? row : undefined;
    return { ...(await foundAt(ctx, id)), asked, now: ctx.now };
  });
  const { saml, application, instance, asked } = found;
  if (!saml || !application || !instance) return noApplication();
  if (key !== null && !asked) return problemPage('Too late', 'Go back to the application, and start again.', 400);
  if (!asked && saml.startUrl !== undefined) return sentTo(saml.startUrl);
  const person = await whoVisits(visit);
  const fresh = !asked?.force || Date.parse(person?.session.created ?? '') >= asked.created;
  if (person?.instance.id !== instance.id || !fresh) {
    if (asked?.passive) return refusedPassively(visit, saml, asked);
    const next = asked ? `/saml/assertion/${id}?request=${asked.id}` : `/saml/assertion/${id}`;
    return signInPage(visit, instance.identityStore, next);
  }
  return asserted(visit, { saml, application, instance }, person, asked);
}

function carriedBy({ method, form, query: parsed }: Visit, query: string): Carried | undefined {
  const message = (method === 'POST' ? form : parsed).get('SAMLRequest');
  return message === null ? undefined : { binding: method === 'POST' ? 'post' : 'redirect', message, query };
}

/** Then to ourselves: a form of another site comes without our cookie. */
function keptRequest(visit: Visit, id: string, carried: Carried): Promise<WireResponse> {
  const relayState = (carried.binding === 'post' ? visit.form : visit.query).get('RelayState') ?? undefined;
  return visit.around.within(async (ctx) => {
    const found = await foundAt(ctx, id);
    if (!found) return noApplication();
    try {
      const { saml } = found;
      const destination = identityProviderOf(ctx.settings, id).signInUrl;
      const request = readAuthnRequest(carried, { destination, certificate: saml.certificate, now: ctx.now });
      if (request.issuer !== saml.audience) refuse('invalid', 'The request is of another issuer.');
      if (request.acsUrl !== undefined && request.acsUrl !== saml.acsUrl) {
        refuse('invalid', 'The request asks to be answered at another address.');
      }
      if ((relayState?.length ?? 0) > RELAY_STATE_MAX) refuse('invalid', 'The relay state is too long.');
      const { force, passive } = request;
      const key = await keep(ctx, { application: id, request: request.id, relayState, force, passive });
      return sentTo(`/saml/assertion/${id}?request=${key}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return problemPage('Bad request', 'What the application asked cannot be answered. Ask its administrator.', 400);
    }
  });
}

async function keep(ctx: Context, asked: Omit<Asked, 'id' | 'created' | 'expires'>): Promise<string> {
  await forgetExpired(ctx, askedRows);
  const id = newToken(ctx);
  const created = ctx.now.getTime();
  await ctx.store.insert(askedRows, { ...asked, id, created, expires: created + REQUEST_MS });
  return id;
}

const newId = (ctx: Context) => `_${Buffer.from(ctx.random(16)).toString('hex')}`;

function opened(ctx: Context, { sealed, certificate }: ApplicationSigner) {
  const pem = ctx.secrets.open(SAML_PURPOSE, sealed);
  if (!pem) throw new Error('The key of an application was sealed under another root key.');
  return { key: createPrivateKey(pem), certificate };
}

function asserted(
  visit: Visit,
  { saml, application, instance }: Found,
  { user, session }: SignedIn,
  asked: Asked | undefined,
): Promise<WireResponse> {
  return visit.around.within(async (ctx) => {
    if (!(await mayUse(ctx.store, instance, application, user.id))) return noAccess();
    if (asked && !(await ctx.store.remove(askedRows, [asked.id]))) return noApplication();
    const subject = (await valuesOf(ctx, user, saml.subject))[0];
    if (subject === undefined) return noAccess();
    const attributes = [];
    for (const mapping of saml.attributes) {
      const values = await valuesOf(ctx, user, mapping);
      if (values.length > 0) attributes.push({ name: mapping.name, format: mapping.format, values });
    }
    const response = signedResponse(
      {
        ...{ responseId: newId(ctx), assertionId: newId(ctx), now: ctx.now, inResponseTo: asked?.request },
        ...{ issuer: identityProviderOf(ctx.settings, application.id).entityId, acsUrl: saml.acsUrl },
        ...{ audience: saml.audience, subject, subjectFormat: saml.subject.format, attributes },
        authenticated: session.created,
        sessionEnd: new Date(ctx.now.getTime() + saml.sessionSeconds * 1000),
      },
      opened(ctx, saml.signers[0]!),
    );
    recordFederation(ctx, instance, user, application.id);
    return postedPage(application.name, saml, response, asked ? asked.relayState : saml.relayState);
  });
}

function refusedPassively(visit: Visit, saml: SamlApplication, asked: Asked): Promise<WireResponse> {
  return visit.around.within(async (ctx) => {
    await ctx.store.remove(askedRows, [asked.id]);
    const issuer = identityProviderOf(ctx.settings, saml.application).entityId;
    const said = { responseId: newId(ctx), now: ctx.now, issuer, acsUrl: saml.acsUrl, inResponseTo: asked.request };
    const response = passiveRefusal(said, opened(ctx, saml.signers[0]!));
    return postedPage('the application', saml, response, asked.relayState);
  });
}

function postedPage(name: string, { acsUrl }: SamlApplication, response: string, relayState: string | undefined) {
  const state =
    relayState === undefined ? undefined : html`<input type="hidden" name="RelayState" value="${relayState}">`;
  const body = html`<form method="post" action="${acsUrl}">
<input type="hidden" name="SAMLResponse" value="${Buffer.from(response).toString('base64')}">${state}
<button autofocus>Continue to ${name}</button></form>`;
  return shown({ title: 'Signed in', body, leadsTo: formsTo(acsUrl) });
}

async function valuesOf(ctx: Context, user: DirectoryUser, { source }: AttributeMapping): Promise<readonly string[]> {
  if (source === '$' + '{user:groups}') return groupsOf(ctx.store, user.identityStore, user.id);
  if (!source.startsWith('$' + '{')) return [source];
  const value = attributeAt(user, source);
  return value === undefined ? [] : [value];
}

/** `GET /saml/metadata/<application>` */
export async function metadataPage(visit: Visit, id: string): Promise<WireResponse> {
  const saml = await visit.around.within((ctx) => samlApplicationOf(ctx.store, id));
  if (!saml) return noApplication();
  const { entityId, signOutUrl } = identityProviderOf(visit.around.settings, id);
  const body = metadataOf(entityId, saml.signers, { signOutUrl, signed: saml.certificate !== undefined });
  return { status: 200, headers: { 'content-type': 'application/samlmetadata+xml' }, body };
}

/** `/saml/logout/<application>`: ends what the portal knows, if its user wants that; applications are not told. */
export function logoutPage(visit: Visit): WireResponse {
  if (visit.method === 'POST') return sentTo(visit.path);
  const body = html`<p>You are leaving an application. Do you want to sign out of the access portal, too?</p>
<form method="post" action="/start/signout">${hidden(visit)}<button autofocus>Sign out</button></form>
<p><a href="/start">Stay signed in</a></p>`;
  return shown({ title: 'Sign out', body, cookie: visit.cookie });
}
