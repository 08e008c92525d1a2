/**
 * A SAML 2.0 identity provider as identity source: we are the service provider.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/other-idps.html
 */
import type { Context } from '../core/context.ts';
import { byExpiry, forgetExpired } from '../core/expiring.ts';
import { regionOfHost } from '../core/regionalHosts.ts';
import type { WireResponse } from '../core/wire.ts';
import { Refused } from '../federation/refused.ts';
import { type Assertion, readAssertion } from '../federation/samlAssertions.ts';
import { addressOf, authnRequest, REDIRECT, serviceProviderMetadata } from '../federation/samlRequests.ts';
import {
  acsUrlsOf,
  regionalAcsUrls,
  type SamlSource,
  serviceProviderOf,
  sourceOf,
} from '../identity/identitySources.ts';
import { type Instance, instanceOfStore, instances } from '../identity/instances.ts';
import { table } from '../store/store.ts';
import { noPortal } from './entry.ts';
import {
  type ExternalRequest,
  hasAccessControl,
  keepRequest,
  refused,
  tagsAmong,
  takeRequest,
  ticketFor,
  unexpected,
  type Vouched,
} from './externalSignIns.ts';
import { html, sentTo, shown } from './html.ts';
import { portalOrigin } from './sites.ts';
import { pageOfOurs, type Visit } from './visit.ts';

interface Used {
  readonly identityStore: string;
  readonly assertion: string;
  /** Milliseconds: nobody would believe it any more. */
  readonly expires: number;
}

/** Assertions that somebody has signed in with: none works twice. */
const usedAssertions = table<Used>('signin_used_assertion', {
  key: (row) => [row.identityStore, row.assertion],
  indexes: { expires: byExpiry },
});

/** To the identity provider, with a request that only this browser can bring an answer to. */
export async function toSamlProvider(
  visit: Visit,
  instance: Instance,
  source: SamlSource,
  next: string,
): Promise<WireResponse> {
  const { binding, location } = source.signOn.find((each) => each.binding === REDIRECT) ?? source.signOn[0]!;
  const request = await visit.around.within(async (ctx) => {
    const id = `_${Buffer.from(ctx.random(20)).toString('hex')}`;
    const { identityStore } = instance;
    await keepRequest(ctx, visit, { id, identityStore, next, at: portalOrigin(ctx.source.host) });
    const { entityId } = serviceProviderOf(ctx.settings, instance);
    const acsUrl = acsUrlHere(ctx, instance);
    return authnRequest({ id, now: ctx.now, destination: location, entityId, acsUrl });
  });
  if (binding === REDIRECT) return sentTo(addressOf(location, request, undefined), visit.cookie);
  const encoded = Buffer.from(request).toString('base64');
  const body = html`<p>You sign in at ${new URL(location).host}.</p><form method="post" action="${location}">
<input type="hidden" name="SAMLRequest" value="${encoded}"><button autofocus>Continue</button></form>`;
  return shown({ title: 'Sign in', body, leadsTo: formsTo(location), cookie: visit.cookie });
}

/** Whoever came by one of AWS's names in a Region is answered there, if the provider may know that address. */
function acsUrlHere({ settings, source: { host }, now }: Context, instance: Instance): string {
  const acsUrls = acsUrlsOf(settings, instance, now);
  const { ipv4, dualStack } = regionalAcsUrls(instance, regionOfHost(host) ?? '');
  const meant = /\.app\.aws(:\d+)?$/i.test(host) ? dualStack : ipv4;
  return acsUrls.find((url) => url === meant) ?? acsUrls[0]!;
}

/** The portal beside the name that an answer came to, which nobody here had asked for. */
function portalBeside({ id }: Instance, host: string): string | undefined {
  const region = regionOfHost(host);
  if (region === undefined) return undefined;
  return /\.sso\.signin\.aws(:\d+)?$/i.test(host)
    ? `https://${id}.portal.${region}.app.aws`
    : `https://${id}.${region}.portal.amazonaws.com`;
}

/** Where an answer to a form may lead: the receiver sends people on, often to a host of its own. */
export const formsTo = (location: string) => `${new URL(location).origin} https:`;

/** `POST /platform/saml/acs/<instance>`: what the identity provider says, by way of the browser. */
export async function postAssertion(visit: Visit, id: string): Promise<WireResponse> {
  return visit.around.within(async (ctx) => {
    const instance = await ctx.store.get(instances, [id]);
    const source = instance && (await sourceOf(ctx.store, instance.identityStore));
    if (!instance || source?.kind !== 'saml') return noPortal();
    try {
      const assertion = believed(ctx, instance, source, visit.form.get('SAMLResponse') ?? '');
      return await answered(ctx, instance, assertion, visit.form.get('RelayState'));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // What nobody vouches for leaves no record: strangers could fill the journal.
      const isVouched = error.kind !== 'unsigned' && error.kind !== 'rejected';
      return isVouched ? refused(ctx, instance, error.message) : unexpected();
    }
  });
}

function believed(ctx: Context, instance: Instance, source: SamlSource, encoded: string): Assertion {
  const { entityId } = serviceProviderOf(ctx.settings, instance);
  const acsUrls = acsUrlsOf(ctx.settings, instance, ctx.now);
  const assertion = readAssertion(
    {
      issuer: source.entityId,
      certificates: source.certificates,
      privateKeys: () => [],
      encryption: 'Unsupported',
      isAudience: (audience) => audience === entityId,
      isRecipient: (recipient) => acsUrls.includes(recipient),
    },
    encoded,
    ctx.now,
  );
  if (assertion.destination !== undefined && !acsUrls.includes(assertion.destination)) {
    throw new Refused('invalid', 'The response was sent to another destination.');
  }
  return assertion;
}

async function answered(
  ctx: Context,
  instance: Instance,
  assertion: Assertion,
  relayState: string | null,
): Promise<WireResponse> {
  const { identityStore } = instance;
  await forgetExpired(ctx, usedAssertions);
  const used = { identityStore, assertion: assertion.id, expires: assertion.redeemableUntil };
  if (!(await ctx.store.insert(usedAssertions, used))) return refused(ctx, instance, 'The assertion was used already.');
  const asked = await requestOf(ctx, instance, assertion, relayState);
  if (!asked) {
    return refused(ctx, instance, `Not a valid response for the provided request id: ${assertion.inResponseTo}`);
  }
  const vouched = await vouchedFor(ctx, instance, assertion);
  if (typeof vouched === 'string') return refused(ctx, instance, vouched);
  const ticket = await ticketFor(ctx, instance, vouched, asked);
  return ticket === undefined
    ? refused(ctx, instance, 'The directory has no enabled user of the name that the NameID has.')
    : sentTo(ticket);
}

type Asked = Pick<ExternalRequest, 'next'> & Partial<ExternalRequest>;

/** The request that it answers; an identity provider may also begin by itself, and say which page of ours it wants. */
async function requestOf(
  ctx: Context,
  instance: Instance,
  { inResponseTo }: Assertion,
  relayState: string | null,
): Promise<Asked | undefined> {
  if (inResponseTo !== undefined) return takeRequest(ctx, inResponseTo, instance.identityStore);
  const { endpoint } = ctx.settings;
  const at = portalBeside(instance, ctx.source.host);
  return {
    at,
    next: pageOfOurs(relayState?.startsWith(`${endpoint}/`) ? relayState.slice(endpoint.length) : relayState),
  };
}

const FORMATS = new Set([
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  'persistent',
]);

async function vouchedFor(ctx: Context, instance: Instance, assertion: Assertion): Promise<Vouched | string> {
  const { subject, subjectType, sessionEnd } = assertion;
  if (subject === undefined || !FORMATS.has(subjectType))
    return `A NameID of the format ${subjectType} is not supported.`;
  if (sessionEnd <= ctx.now.getTime()) return 'SessionNotOnOrAfter has passed.';
  const until = Number.isFinite(sessionEnd) ? sessionEnd : undefined;
  if (!(await hasAccessControl(ctx, instance))) return { userName: subject, attributes: {}, until };
  const odd = assertion.oddAttributes.values().next().value;
  if (odd !== undefined) return `The attribute ${odd} comes twice, or its value is XML.`;
  const attributes = tagsAmong(assertion.attributes);
  return typeof attributes === 'string' ? attributes : { userName: subject, attributes, until };
}

/** `GET /platform/saml/<identity store>/metadata` */
export async function metadataPage(visit: Visit, identityStore: string): Promise<WireResponse> {
  const instance = await visit.around.within((ctx) => instanceOfStore(ctx.store, identityStore));
  if (!instance) return noPortal();
  const { settings } = visit.around;
  const { entityId } = serviceProviderOf(settings, instance);
  const now = await visit.around.within(async (ctx) => ctx.now);
  const body = serviceProviderMetadata({ entityId, acsUrls: acsUrlsOf(settings, instance, now) });
  return { status: 200, headers: { 'content-type': 'application/samlmetadata+xml' }, body };
}
