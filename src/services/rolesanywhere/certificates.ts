/** X.509 certificates (RFC 5280), as far as trust in them is decided here. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  bitStringOf,
  booleanOf,
  childrenOf,
  type Der,
  expect,
  integerOf,
  MalformedDer,
  oidOf,
  parseDer,
  sequenceOf,
  TAGS,
  timeOf,
} from './der.ts';
import { type AlternativeNames, alternativeNames, type Name, NO_NAMES, nameOf, nameText } from './names.ts';
import { type Signed, signedOf } from './signatures.ts';

export interface Certificate {
  readonly der: Buffer;
  readonly signed: Signed;
  /** 3 for X.509v3. */
  readonly version: number;
  readonly serial: bigint;
  readonly issuer: Name;
  readonly subject: Name;
  /** As they are in the certificate: by these an issuer is found. */
  readonly issuerDer: Buffer;
  readonly subjectDer: Buffer;
  /** Milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: KeyObject;
  readonly alternatives: AlternativeNames;
  /** Undefined: there is no such extension. */
  readonly authority: boolean | undefined;
  readonly pathLength: number | undefined;
  /** Undefined: there is no such extension. */
  readonly usage: KeyUsage | undefined;
  /** Critical extensions that nobody here knows. */
  readonly unknownCritical: readonly string[];
}

export interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly certificateSign: boolean;
  readonly crlSign: boolean;
}

/** Throws MalformedDer. */
export function parseCertificate(der: Buffer): Certificate {
  const { body, ...signed } = signedOf(parseDer(der));
  const fields = sequenceOf(body);
  const versioned = fields[0]?.tag === 0xa0;
  const version = versioned ? Number(integerOf(childrenOf(fields[0]!)[0])) + 1 : 1;
  const [serial, algorithm, issuer, validity, subject, key, ...rest] = versioned ? fields.slice(1) : fields;
  if (!algorithm?.whole.equals(signed.algorithm.whole)) throw new MalformedDer('algorithms differ');
  const [notBefore, notAfter] = sequenceOf(validity);
  const list = rest.find(({ tag }) => tag === 0xa3);
  return {
    der,
    signed,
    version,
    serial: integerOf(serial),
    issuer: nameOf(issuer),
    subject: nameOf(subject),
    issuerDer: issuer!.whole,
    subjectDer: subject!.whole,
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    key: publicKey(expect(key, TAGS.sequence)),
    ...extensionsOf(list ? sequenceOf(childrenOf(list)[0]) : []),
  };
}

function publicKey({ whole }: Der): KeyObject {
  try {
    return createPublicKey({ key: whole, format: 'der', type: 'spki' });
  } catch {
    throw new MalformedDer('public key');
  }
}

const SUBJECT_ALTERNATIVES = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
/** Known, and of no consequence to who is trusted here: key identifiers, policies, extended key usage. */
const HARMLESS = new Set(['2.5.29.14', '2.5.29.35', '2.5.29.32', '2.5.29.37', '2.5.29.31', '1.3.6.1.5.5.7.1.1']);

interface Extension {
  readonly critical: boolean;
  readonly value: Der;
}

function extensionsOf(list: readonly Der[]) {
  const all = new Map<string, Extension>();
  for (const each of list) {
    const [type, ...rest] = sequenceOf(each);
    const oid = oidOf(type);
    if (all.has(oid)) throw new MalformedDer('extension given twice');
    const critical = rest.length > 1 && booleanOf(rest[0]!);
    const { content } = expect(rest.at(-1), TAGS.octetString);
    all.set(oid, { critical, value: KNOWN.has(oid) ? parseDer(content) : rest.at(-1)! });
  }
  const constraints = all.get(BASIC_CONSTRAINTS);
  const alternatives = all.get(SUBJECT_ALTERNATIVES);
  const usage = all.get(KEY_USAGE);
  return {
    ...constraintsOf(constraints?.value),
    alternatives: alternatives ? alternativeNames(alternatives.value) : NO_NAMES,
    usage: usage && usageOf(usage.value),
    unknownCritical: [...all].flatMap(([oid, { critical }]) =>
      (critical || oid === NAME_CONSTRAINTS) && !KNOWN.has(oid) && !HARMLESS.has(oid) ? [oid] : [],
    ),
  };
}

/** Critical by definition, also where it does not say so. */
const NAME_CONSTRAINTS = '2.5.29.30';
const KNOWN = new Set([SUBJECT_ALTERNATIVES, BASIC_CONSTRAINTS, KEY_USAGE]);

function constraintsOf(value: Der | undefined) {
  if (!value) return { authority: undefined, pathLength: undefined };
  const parts = sequenceOf(value);
  const authority = parts[0]?.tag === TAGS.boolean && booleanOf(parts[0]);
  const length = parts.find(({ tag }) => tag === TAGS.integer);
  return { authority, pathLength: length && Number(integerOf(length)) };
}

function usageOf(value: Der): KeyUsage {
  const bits = bitStringOf(value)[0] ?? 0;
  return { digitalSignature: (bits & 0x80) !== 0, certificateSign: (bits & 4) !== 0, crlSign: (bits & 2) !== 0 };
}

const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** The certificates of a bundle; what stands between them is of no interest. Throws MalformedDer. */
export const certificatesIn = (pem: string): Certificate[] =>
  [...pem.matchAll(PEM)].map(([, text]) => parseCertificate(Buffer.from(text!, 'base64')));

export const pemOf = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;

/** Hexadecimal, of even length, as session names and source identities have it. */
export function serialHex({ serial }: Pick<Certificate, 'serial'>): string {
  const hex = serial.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

export const subjectText = ({ subject }: Certificate) => nameText(subject);
export const issuerText = ({ issuer }: Certificate) => nameText(issuer);
