/** X.509 certificates for tests: just enough DER. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Issued {
  readonly der: Buffer;
  readonly pem: string;
  readonly privateKey: KeyObject;
  readonly name: string;
}

export interface Wanted {
  readonly name: string;
  readonly by?: Issued;
  /** DNS names. */
  readonly hosts?: readonly string[];
  readonly rsa?: boolean;
}

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Uint8Array[]) => tlv(0x30, ...parts);
const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
const nameOf = (text: string) => sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(text)))));
const extension = (id: string, critical: boolean, value: Buffer) =>
  sequence(oid(id), ...(critical ? [Buffer.from('0101ff', 'hex')] : []), tlv(0x04, value));
const generalizedTime = (text: string) => tlv(0x18, Buffer.from(text));
let serial = 1;

/** A certificate valid from 2020 to 2120; self-signed, and a CA, unless `by` another. */
export function certificate({ name, by, hosts = [], rsa = false }: Wanted): Issued {
  const pair = rsa
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = by?.privateKey ?? pair.privateKey;
  const algorithm =
    signer.asymmetricKeyType === 'rsa'
      ? sequence(oid('2a864886f70d01010b'), Buffer.from('0500', 'hex'))
      : sequence(oid('2a8648ce3d040302'));
  const names = hosts.map((host) => tlv(0x82, Buffer.from(host)));
  const extensions = [
    extension('551d13', true, sequence(...(by ? [] : [Buffer.from('0101ff', 'hex')]))),
    ...(names.length > 0 ? [extension('551d11', false, sequence(...names))] : []),
  ];
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([serial++])),
    algorithm,
    nameOf(by?.name ?? name),
    sequence(generalizedTime('20200101000000Z'), generalizedTime('21200101000000Z')),
    nameOf(name),
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signer);
  const der = sequence(body, algorithm, tlv(0x03, Buffer.from([0]), signature));
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
  return { der, pem, privateKey: pair.privateKey, name };
}
