/**
 * What a SAML assertion says, once its signature is believed, and whether it is meant for us and for now.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
 */
import { createHash, createPrivateKey } from 'node:crypto';
import { ExpiredTokenException, IDPRejectedClaimException, InvalidIdentityTokenException } from '@aws-sdk/client-sts';
import type { Element } from '@xmldom/xmldom';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { SamlProvider } from '../../identity/providers.ts';
import { ASSERTION, child, children, PROTOCOL, parseXml, signedAssertion, Unbelievable } from './samlDocuments.ts';
import { decryptAssertion } from './samlEncryption.ts';

export interface Assertion {
  readonly id: string;
  readonly issuer: string;
  /** Absent where the response has no Subject with a NameID. */
  readonly subject: string | undefined;
  /** `persistent`, `transient`, or the whole format URI. */
  readonly subjectType: string;
  readonly recipient: string;
  /** Hash that tells subjects of different providers apart. */
  readonly nameQualifier: string;
  /** Milliseconds; the session must not outlive it. */
  readonly sessionEnd: number;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

const REDEEM_MS = 300_000;
/** Clocks differ: how long before its NotBefore an assertion is believed. */
const SKEW_MS = 300_000;
const FORMAT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

const invalid = (message: string): never => fail(InvalidIdentityTokenException, message);

/**
 * `encoded`: the response in base 64. Throws AWS's errors on one that is not the provider's, or not for us, or not for
 * now.
 */
export function readAssertion(ctx: Context, provider: SamlProvider, encoded: string): Assertion {
  try {
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    requireSuccess(parseXml(text));
    let encrypted = false;
    const assertion = signedAssertion(text, provider.certificates, (element) => {
      encrypted = true;
      return decryptAssertion(element, privateKeysOf(ctx, provider));
    });
    if (provider.encryption === 'Required' && !encrypted) invalid('The provider requires encrypted SAML assertions');
    return check(ctx, provider, assertion);
  } catch (error) {
    if (error instanceof Unbelievable) return invalid('Response signature invalid');
    throw error;
  }
}

function requireSuccess(response: Element): void {
  const status = child(response, PROTOCOL, 'Status');
  const code = status && child(status, PROTOCOL, 'StatusCode')?.getAttribute('Value');
  if (code !== undefined && code !== SUCCESS) {
    fail(IDPRejectedClaimException, `The identity provider reported that authentication failed: ${code}`);
  }
}

const privateKeysOf = (ctx: Context, provider: SamlProvider) =>
  provider.privateKeys.map(({ id, sealed }) => {
    const pem = ctx.secrets.open('saml-private-key', sealed);
    if (!pem) throw new Error(`The private key ${id} was sealed under another root key.`);
    return createPrivateKey(pem);
  });

function check(ctx: Context, provider: SamlProvider, assertion: Element): Assertion {
  const issuer = text(child(assertion, ASSERTION, 'Issuer'));
  if (issuer === undefined || issuer !== provider.entityId) invalid('Issuer not present in specified provider');
  requireTimely(ctx.now, assertion);
  requireAudience(ctx, provider, child(assertion, ASSERTION, 'Conditions'));
  const subject = child(assertion, ASSERTION, 'Subject');
  const nameId = subject && child(subject, ASSERTION, 'NameID');
  const format = nameId?.getAttribute('Format') ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';
  const statement = children(assertion, ASSERTION, 'AuthnStatement')[0];
  return {
    id: assertion.getAttribute('ID') ?? '',
    issuer: issuer ?? '',
    subject: text(nameId),
    subjectType: format.startsWith(FORMAT) ? format.slice(FORMAT.length) : format,
    recipient: recipientOf(ctx, provider, subject),
    nameQualifier: createHash('sha1').update(`${issuer}${provider.account}/${provider.name}`).digest('base64'),
    sessionEnd: time(statement?.getAttribute('SessionNotOnOrAfter')) ?? Infinity,
    attributes: attributesOf(assertion),
  };
}

const text = (element: Element | undefined) => element?.textContent?.trim() || undefined;

/** Milliseconds of an attribute that holds a moment; undefined where there is none. Throws on what is no moment. */
function time(value: string | null | undefined): number | undefined {
  if (!value) return undefined;
  const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  return Number.isNaN(moment) ? invalid('Response contains an invalid date') : moment;
}

const expired = (message: string): never => fail(ExpiredTokenException, message);

function requireTimely(now: Date, assertion: Element): void {
  const conditions = child(assertion, ASSERTION, 'Conditions');
  const issued = time(assertion.getAttribute('IssueInstant')) ?? 0;
  if (now.getTime() > issued + REDEEM_MS) expired('Token must be redeemed within 5 minutes of issuance');
  if (now.getTime() < issued - SKEW_MS) invalid('Assertion is not yet valid: IssueInstant is ahead');
  requireWindow(now, conditions);
}

function requireWindow(now: Date, element: Element | undefined): void {
  const begins = time(element?.getAttribute('NotBefore'));
  const ends = time(element?.getAttribute('NotOnOrAfter'));
  if (ends !== undefined && now.getTime() >= ends) expired('Assertion has expired: its NotOnOrAfter has passed');
  if (begins !== undefined && now.getTime() < begins - SKEW_MS)
    invalid('Assertion is not yet valid: NotBefore is ahead');
}

/** Every AudienceRestriction must name us, and there must be one. */
function requireAudience(ctx: Context, provider: SamlProvider, conditions: Element | undefined): void {
  const restrictions = conditions ? children(conditions, ASSERTION, 'AudienceRestriction') : [];
  const isOurs = (audience: string | undefined) =>
    audience === 'urn:amazon:webservices' || isSignInUrl(ctx, provider, audience);
  const met = restrictions.every((one) => children(one, ASSERTION, 'Audience').map(text).some(isOurs));
  if (restrictions.length === 0 || !met) invalid('Response does not contain the required audience.');
}

/** AWS's sign-in addresses, of any Region, with or without the provider's id; and this plane's own. */
function isSignInUrl(ctx: Context, provider: SamlProvider, url: string | undefined): boolean {
  const own = `${ctx.settings.endpoint}/saml`;
  const path = url?.startsWith(own)
    ? url.slice(own.length)
    : /^https:\/\/(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com(?:\/static)?\/saml(\/.*)?$/.exec(url ?? '');
  const rest = typeof path === 'string' ? path : path ? (path[1] ?? '') : undefined;
  // Where encryption is required the address must say for which provider, so that the right key is tried.
  const withId = [`/acs/${provider.id}`, `/${provider.id}`];
  return rest !== undefined && (provider.encryption === 'Required' ? withId : ['', ...withId]).includes(rest);
}

/** Of the one bearer confirmation, which must be for us and for now. */
function recipientOf(ctx: Context, provider: SamlProvider, subject: Element | undefined): string {
  const confirmations = subject ? children(subject, ASSERTION, 'SubjectConfirmation') : [];
  const [confirmation] = confirmations;
  const data = confirmation && child(confirmation, ASSERTION, 'SubjectConfirmationData');
  const recipient = data?.getAttribute('Recipient') ?? undefined;
  if (confirmations.length !== 1 || confirmation?.getAttribute('Method') !== BEARER || !data) {
    return invalid('Response must contain exactly one bearer SubjectConfirmation');
  }
  if (!data.getAttribute('NotOnOrAfter')) invalid('SubjectConfirmationData must contain NotOnOrAfter');
  requireWindow(ctx.now, data);
  if (recipient === undefined || !isSignInUrl(ctx, provider, recipient)) {
    return invalid('Recipient in SubjectConfirmationData does not match the AWS sign-in endpoint');
  }
  return recipient;
}

function attributesOf(assertion: Element): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, readonly string[]>();
  for (const statement of children(assertion, ASSERTION, 'AttributeStatement')) {
    for (const attribute of children(statement, ASSERTION, 'Attribute')) {
      const name = attribute.getAttribute('Name');
      const values = children(attribute, ASSERTION, 'AttributeValue').map((value) => value.textContent ?? '');
      if (name && !attributes.has(name)) attributes.set(name, values);
    }
  }
  return attributes;
}
