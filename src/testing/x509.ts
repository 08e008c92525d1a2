/**
 * X.509 certificates for tests, made on the spot: the least DER (RFC 5280) that node:crypto and our services accept.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface TestCertificate {
  readonly pem: string;
  readonly name: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

/** A certificate signed by `issuer`, or by itself. Valid from 2020 for this many years. */
export function testCertificate(
  name: string,
  options: { issuer?: TestCertificate; years?: number } = {},
): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = options.issuer;
  const signer = issuer ? createPrivateKey(issuer.privateKey) : privateKey;
  const validity = der(0x30, time(2020), time(2020 + (options.years ?? 79)));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...Buffer.from(name).subarray(0, 8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer?.name ?? name),
    validity,
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, IS_AUTHORITY)),
  );
  const signature = sign('sha256', body, signer);
  const certificate = der(0x30, body, ECDSA_WITH_SHA256, der(0x03, Buffer.from([0]), signature));
  return { pem: pem(certificate), name, privateKey: pkcs8(privateKey) };
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const ECDSA_WITH_SHA256 = der(0x30, oid('2a8648ce3d040302'));
/** basicConstraints: cA true. */
const IS_AUTHORITY = der(0x30, oid('551d13'), der(0x04, der(0x30, der(0x01, Buffer.from([0xff])))));

const distinguishedName = (name: string) =>
  der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(name)))));
const time = (year: number) => der(0x18, Buffer.from(`${year}0101000000Z`));
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const pem = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${bytes
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END CERTIFICATE-----`;
