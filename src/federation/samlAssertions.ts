/**
 * What a SAML assertion says, once its signature is believed, and whether it is meant for us and for now.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
 */
import type { KeyObject } from 'node:crypto';
import type { Element } from '@xmldom/xmldom';
import { refuse } from './refused.ts';
import { ASSERTION, child, children, PROTOCOL, parseXml, signedAssertion, Unbelievable } from './samlDocuments.ts';
import { decryptAssertion } from './samlEncryption.ts';

/** Whose assertion it must be, and for whom. */
export interface Expected {
  /** Entity id of the identity provider. */
  readonly issuer: string;
  /** That sign its assertions: base64 DER. */
  readonly certificates: readonly string[];
  /** Keys that open an encrypted assertion. */
  readonly privateKeys: () => readonly KeyObject[];
  readonly encryption: 'Required' | 'Allowed' | 'Unsupported' | undefined;
  readonly isAudience: (audience: string) => boolean;
  readonly isRecipient: (recipient: string) => boolean;
}

export interface Assertion {
  readonly id: string;
  readonly issuer: string;
  /** Absent where the response has no Subject with a NameID. */
  readonly subject: string | undefined;
  /** `persistent`, `transient`, or the whole format URI. */
  readonly subjectType: string;
  readonly recipient: string;
  /** Id of the request that it answers; undefined: nobody asked. */
  readonly inResponseTo: string | undefined;
  /** Where the response says that it was sent to; not signed, where the assertion alone is. */
  readonly destination: string | undefined;
  /** Milliseconds; after that it is believed by nobody, however often it comes. */
  readonly redeemableUntil: number;
  /** Milliseconds; the session must not outlive it. */
  readonly sessionEnd: number;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** Names of attributes that come more than once, or have elements in a value. */
  readonly oddAttributes: ReadonlySet<string>;
}

const REDEEM_MS = 300_000;
/** Clocks differ: how long before its NotBefore an assertion is believed. */
const SKEW_MS = 300_000;
const FORMAT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

const invalid = (message: string): never => refuse('invalid', message);

/** `encoded`: the response in base 64. Throws Refused on one that is not the provider's, or not for us, or not for now. */
export function readAssertion(expected: Expected, encoded: string, now: Date): Assertion {
  try {
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const response = parseXml(text);
    requireSuccess(response);
    let encrypted = false;
    const assertion = signedAssertion(text, expected.certificates, (element, isVouched) => {
      if (isVouched && expected.encryption === 'Unsupported') invalid('Encrypted SAML assertions are not supported');
      encrypted = true;
      return decryptAssertion(element, expected.privateKeys());
    });
    if (expected.encryption === 'Required' && !encrypted) invalid('The provider requires encrypted SAML assertions');
    return check(expected, now, assertion, response);
  } catch (error) {
    if (error instanceof Unbelievable) return refuse('unsigned', 'Response signature invalid');
    throw error;
  }
}

/** What a response that is not encrypted says of its subject; believed by nobody yet. */
export function claimedAttributes(encoded: string): Assertion['attributes'] {
  try {
    const response = parseXml(Buffer.from(encoded, 'base64').toString('utf8'));
    const assertion = child(response, ASSERTION, 'Assertion');
    return assertion ? attributesOf(assertion).attributes : new Map();
  } catch (error) {
    if (error instanceof Unbelievable) return new Map();
    throw error;
  }
}

function requireSuccess(response: Element): void {
  const status = child(response, PROTOCOL, 'Status');
  const code = status && child(status, PROTOCOL, 'StatusCode')?.getAttribute('Value');
  if (code !== undefined && code !== SUCCESS) {
    refuse('rejected', `The identity provider reported that authentication failed: ${code}`);
  }
}

function check(expected: Expected, now: Date, assertion: Element, response: Element): Assertion {
  const issuer = text(child(assertion, ASSERTION, 'Issuer'));
  if (issuer === undefined || issuer !== expected.issuer) invalid('Issuer not present in specified provider');
  const issued = requireTimely(now, assertion);
  requireAudience(expected, child(assertion, ASSERTION, 'Conditions'));
  const subject = child(assertion, ASSERTION, 'Subject');
  const nameId = subject && child(subject, ASSERTION, 'NameID');
  const format = nameId?.getAttribute('Format') ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';
  const statement = children(assertion, ASSERTION, 'AuthnStatement')[0];
  const confirmation = confirmationOf(expected, now, subject);
  return {
    id: assertion.getAttribute('ID') ?? '',
    issuer: issuer ?? '',
    subject: text(nameId),
    subjectType: format.startsWith(FORMAT) ? format.slice(FORMAT.length) : format,
    ...confirmation,
    inResponseTo: sameRequest(confirmation.inResponseTo, response.getAttribute('InResponseTo') || undefined),
    destination: response.getAttribute('Destination') || undefined,
    redeemableUntil: issued + REDEEM_MS,
    sessionEnd: time(statement?.getAttribute('SessionNotOnOrAfter')) ?? Infinity,
    ...attributesOf(assertion),
  };
}

const text = (element: Element | undefined) => element?.textContent?.trim() || undefined;

/** Of the subject's confirmation, which is signed; what the response says beside it must be the same. */
function sameRequest(confirmed: string | undefined, said: string | undefined): string | undefined {
  if (confirmed !== undefined && said !== undefined && confirmed !== said) {
    invalid('Response and assertion answer different requests');
  }
  return confirmed ?? said;
}

/** Milliseconds of an attribute that holds a moment; undefined where there is none. Throws on what is no moment. */
function time(value: string | null | undefined): number | undefined {
  if (!value) return undefined;
  const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  return Number.isNaN(moment) ? invalid('Response contains an invalid date') : moment;
}

const expired = (message: string): never => refuse('expired', message);

/** The moment of issuance. */
function requireTimely(now: Date, assertion: Element): number {
  const conditions = child(assertion, ASSERTION, 'Conditions');
  const issued = time(assertion.getAttribute('IssueInstant')) ?? 0;
  if (now.getTime() > issued + REDEEM_MS) expired('Token must be redeemed within 5 minutes of issuance');
  if (now.getTime() < issued - SKEW_MS) invalid('Assertion is not yet valid: IssueInstant is ahead');
  requireWindow(now, conditions);
  return issued;
}

function requireWindow(now: Date, element: Element | undefined): void {
  const begins = time(element?.getAttribute('NotBefore'));
  const ends = time(element?.getAttribute('NotOnOrAfter'));
  if (ends !== undefined && now.getTime() >= ends) expired('Assertion has expired: its NotOnOrAfter has passed');
  if (begins !== undefined && now.getTime() < begins - SKEW_MS)
    invalid('Assertion is not yet valid: NotBefore is ahead');
}

/** Every AudienceRestriction must name us, and there must be one. */
function requireAudience({ isAudience }: Expected, conditions: Element | undefined): void {
  const restrictions = conditions ? children(conditions, ASSERTION, 'AudienceRestriction') : [];
  const met = restrictions.every((one) =>
    children(one, ASSERTION, 'Audience').some((audience) => isAudience(text(audience) ?? '')),
  );
  if (restrictions.length === 0 || !met) invalid('Response does not contain the required audience.');
}

/** The one bearer confirmation, which must be for us and for now. */
function confirmationOf({ isRecipient }: Expected, now: Date, subject: Element | undefined) {
  const confirmations = subject ? children(subject, ASSERTION, 'SubjectConfirmation') : [];
  const [confirmation] = confirmations;
  const data = confirmation && child(confirmation, ASSERTION, 'SubjectConfirmationData');
  const recipient = data?.getAttribute('Recipient') ?? undefined;
  if (confirmations.length !== 1 || confirmation?.getAttribute('Method') !== BEARER || !data) {
    return invalid('Response must contain exactly one bearer SubjectConfirmation');
  }
  if (!data.getAttribute('NotOnOrAfter')) invalid('SubjectConfirmationData must contain NotOnOrAfter');
  requireWindow(now, data);
  if (recipient === undefined || !isRecipient(recipient)) {
    return invalid('Recipient in SubjectConfirmationData does not match the AWS sign-in endpoint');
  }
  return { recipient, inResponseTo: data.getAttribute('InResponseTo') || undefined };
}

/** Of attributes of the same name the first counts. */
function attributesOf(assertion: Element): Pick<Assertion, 'attributes' | 'oddAttributes'> {
  const attributes = new Map<string, readonly string[]>();
  const oddAttributes = new Set<string>();
  for (const statement of children(assertion, ASSERTION, 'AttributeStatement')) {
    for (const attribute of children(statement, ASSERTION, 'Attribute')) {
      const name = attribute.getAttribute('Name');
      const values = children(attribute, ASSERTION, 'AttributeValue');
      if (!name) continue;
      if (attributes.has(name) || values.some((value) => value.getElementsByTagName('*').length > 0)) {
        oddAttributes.add(name);
      }
      if (!attributes.has(name))
        attributes.set(
          name,
          values.map((value) => value.textContent ?? ''),
        );
    }
  }
  return { attributes, oddAttributes };
}
