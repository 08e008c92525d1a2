/** Certificates and revocation lists for tests, good and bad: each member may be wrong on purpose. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

type KeyType = 'ec' | 'rsa' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87';

export interface Issued {
  readonly der: Buffer;
  readonly pem: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly subject: Buffer;
  readonly serial: number;
  readonly key: KeyType;
}

export interface Wanted {
  /** Short name and value, in order. */
  readonly subject?: readonly (readonly [type: string, value: string])[];
  readonly by?: Issued;
  readonly key?: KeyType;
  readonly serial?: number;
  /** `20290101000000Z` */
  readonly from?: string;
  readonly until?: string;
  /** cA of basicConstraints; null: no such extension. */
  readonly authority?: boolean | null;
  readonly pathLength?: number;
  /** First byte of keyUsage; null: no such extension. */
  readonly usage?: number | null;
  readonly digest?: 'sha1' | 'sha256' | 'sha384';
  readonly version?: 1 | 3;
  readonly dns?: readonly string[];
  readonly uri?: readonly string[];
  readonly directory?: readonly (readonly [type: string, value: string])[];
  /** Object identifier in hexadecimal of a critical extension. */
  readonly critical?: string;
}

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Uint8Array[]) => tlv(0x30, ...parts);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const integer = (value: number) => {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  return tlv(0x02, bytes[0]! & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
};
const time = (text: string) => tlv(0x18, Buffer.from(text));

const TYPES: Readonly<Record<string, string>> = {
  CN: '550403',
  C: '550406',
  L: '550407',
  ST: '550408',
  O: '55040a',
  OU: '55040b',
};
const nameOf = (attributes: readonly (readonly [string, string])[]) =>
  sequence(...attributes.map(([type, value]) => tlv(0x31, sequence(oid(TYPES[type]!), tlv(0x0c, Buffer.from(value))))));

const extension = (id: string, critical: boolean, value: Buffer) =>
  sequence(oid(id), ...(critical ? [Buffer.from('0101ff', 'hex')] : []), tlv(0x04, value));

const ECDSA = { sha1: '2a8648ce3d0401', sha256: '2a8648ce3d040302', sha384: '2a8648ce3d040303' };
const RSA = { sha1: '2a864886f70d010105', sha256: '2a864886f70d01010b', sha384: '2a864886f70d01010c' };
const ML_DSA = {
  'ml-dsa-44': '608648016503040311',
  'ml-dsa-65': '608648016503040312',
  'ml-dsa-87': '608648016503040313',
};

function algorithmOf(key: KeyType, digest: 'sha1' | 'sha256' | 'sha384'): Buffer {
  if (key === 'ec') return sequence(oid(ECDSA[digest]));
  if (key === 'rsa') return sequence(oid(RSA[digest]), Buffer.from('0500', 'hex'));
  return sequence(oid(ML_DSA[key]));
}

function pairOf(key: KeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  if (key === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (key === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync(key as 'ml-dsa-44');
}

const signed = (body: Buffer, key: KeyType, digest: 'sha1' | 'sha256' | 'sha384', privateKey: KeyObject) => {
  const signature = sign(key.startsWith('ml-dsa') ? null : digest, body, privateKey);
  return sequence(body, algorithmOf(key, digest), tlv(0x03, Buffer.of(0), signature));
};

const armored = (kind: string, der: Buffer) =>
  `-----BEGIN ${kind}-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${kind}-----\n`;

let serials = 0x1000;

/** Valid in 2029 and 2030; an authority when nobody else signs it. */
export function certificate(wanted: Wanted): Issued {
  const {
    by,
    key = 'ec',
    digest = 'sha256',
    serial = ++serials,
    from = '20290101000000Z',
    until = '20310101000000Z',
  } = wanted;
  const pair = pairOf(key);
  const subject = nameOf(wanted.subject ?? [['CN', 'Test authority']]);
  const body = sequence(
    ...(wanted.version === 1 ? [] : [tlv(0xa0, integer(2))]),
    integer(serial),
    algorithmOf(by?.key ?? key, digest),
    by?.subject ?? subject,
    sequence(time(from), time(until)),
    subject,
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    ...(wanted.version === 1 ? [] : [tlv(0xa3, sequence(...extensionsOf(wanted)))]),
  );
  const der = signed(body, by?.key ?? key, digest, by?.privateKey ?? pair.privateKey);
  return { der, pem: armored('CERTIFICATE', der), ...pair, subject, serial, key };
}

function extensionsOf(wanted: Wanted): Buffer[] {
  const { by, authority = by === undefined, usage = authority ? 0x06 : 0x80, pathLength } = wanted;
  const names = [
    ...(wanted.dns ?? []).map((each) => tlv(0x82, Buffer.from(each))),
    ...(wanted.uri ?? []).map((each) => tlv(0x86, Buffer.from(each))),
    ...(wanted.directory ? [tlv(0xa4, nameOf(wanted.directory))] : []),
  ];
  const constraints = [
    ...(authority ? [Buffer.from('0101ff', 'hex')] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  ];
  return [
    ...(authority === null ? [] : [extension('551d13', true, sequence(...constraints))]),
    ...(usage === null ? [] : [extension('551d0f', true, tlv(0x03, Buffer.of(0, usage)))]),
    ...(names.length > 0 ? [extension('551d11', false, sequence(...names))] : []),
    ...(wanted.critical ? [extension(wanted.critical, true, sequence())] : []),
  ];
}

/** A revocation list of these certificates, in DER. */
export function revocationList(
  by: Issued,
  revoked: readonly Pick<Issued, 'serial'>[],
  nextUpdate = '20310101000000Z',
): Buffer {
  const entries = revoked.map(({ serial }) => sequence(integer(serial), time('20290601000000Z')));
  const body = sequence(
    integer(1),
    algorithmOf(by.key, 'sha256'),
    by.subject,
    time('20290601000000Z'),
    time(nextUpdate),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
  );
  return signed(body, by.key, 'sha256', by.privateKey);
}

export const pemOfList = (der: Buffer) => armored('X509 CRL', der);
