/**
 * The console by SAML: a provider of IAM has the browser post what it says of somebody, who comes in with a role that
 * it names; who may have several chooses one. Whether it is believed, and the role trusts, is AssumeRoleWithSAML's.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-saml.html
 */
import type { WireResponse } from '../core/wire.ts';
import { claimedAttributes } from '../federation/samlAssertions.ts';
import { serviceProviderMetadata } from '../federation/samlRequests.ts';
import { openSession } from '../identity/sessions.ts';
import { problemPage } from './entry.ts';
import { html, sentTo, shown } from './html.ts';
import { entryWith, letIn, placeOf } from './roleSessions.ts';
import { cookieFor, hidden, type Visit } from './visit.ts';

const ATTRIBUTES = 'https://aws.amazon.com/SAML/Attributes/';

/** A role with the provider that vouches for it. */
interface Offer {
  readonly RoleArn: string;
  readonly PrincipalArn: string;
}

export async function postSaml(visit: Visit): Promise<WireResponse> {
  const SAMLResponse = visit.form.get('SAMLResponse') ?? '';
  const RelayState = visit.form.get('RelayState') ?? '';
  const claimed = claimedAttributes(SAMLResponse);
  const offers = (claimed.get(`${ATTRIBUTES}Role`) ?? []).flatMap(offerIn);
  const role = visit.form.get('role');
  const chosen = role === null && offers.length === 1 ? offers[0] : offers.find(({ RoleArn }) => RoleArn === role);
  if (chosen) return entered(visit, chosen, SAMLResponse, claimed.get(`${ATTRIBUTES}SessionDuration`)?.[0]);
  if (offers.length === 0 || role !== null) return invalid('No role was named in what your identity provider said.');
  return choicePage(visit, offers, { SAMLResponse, RelayState });
}

const invalid = (why: string) => problemPage('Your request included an invalid SAML response', why, 403);

function offerIn(pair: string): Offer[] {
  const arns = pair.split(',').map((arn) => arn.trim());
  const RoleArn = arns.find((arn) => arn.includes(':role/'));
  const PrincipalArn = arns.find((arn) => arn.includes(':saml-provider/'));
  return arns.length === 2 && RoleArn && PrincipalArn ? [{ RoleArn, PrincipalArn }] : [];
}

function choicePage(visit: Visit, offers: readonly Offer[], carried: Readonly<Record<string, string>>): WireResponse {
  const roles = offers.map(
    ({ RoleArn }, i) => html`<label for="role${i}"><input type="radio" id="role${i}" name="role" value="${RoleArn}"
 required> <code>${RoleArn}</code></label>`,
  );
  const body = html`<form method="post" action="${visit.path}">${hidden(visit, carried)}${roles}
<button>Sign in</button></form>`;
  return shown({ title: 'Select a role', body });
}

/** What may be wrong with what the provider said, or with the role. */
const REFUSALS = new Set([
  ...['InvalidIdentityTokenException', 'ExpiredTokenException', 'IDPRejectedClaimException', 'AccessDenied'],
  ...['ValidationError', 'ValidationFailure', 'InvalidParameterValue', 'PackedPolicyTooLargeException'],
]);

async function entered(
  visit: Visit,
  offer: Offer,
  SAMLAssertion: string,
  duration: string | undefined,
): Promise<WireResponse> {
  const { around, secure, form } = visit;
  const input = { ...offer, SAMLAssertion, ...(duration !== undefined && { DurationSeconds: Number(duration) }) };
  try {
    const token = await around.within(async (ctx) => {
      const { Credentials } = await ctx.call<Assumed>('sts', 'AssumeRoleWithSAML', input);
      const session = openSession(ctx.secrets, Credentials.SessionToken)!;
      return letIn(ctx, entryWith(session), session.expires);
    });
    const place = placeOf(form.get('RelayState') ?? '', around) ?? '/signin/home';
    return sentTo(place, cookieFor({ room: 'console', secure }, token));
  } catch (error) {
    if (error instanceof Error && REFUSALS.has(error.name)) return invalid(error.message);
    throw error;
  }
}

interface Assumed {
  readonly Credentials: { readonly SessionToken: string };
}

/** What an identity provider must know of this sign-in; served under AWS's own names of it. */
export function samlMetadataPage({ around: { source } }: Visit): WireResponse {
  const acsUrls = [`https://${source.host.replace(/:\d+$/, '').toLowerCase()}/saml`];
  return {
    status: 200,
    headers: { 'content-type': 'application/samlmetadata+xml', 'cache-control': 'no-store' },
    body: serviceProviderMetadata({ entityId: 'urn:amazon:webservices', acsUrls }),
    toldPages: true,
  };
}
