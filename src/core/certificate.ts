/** A self-signed X.509 certificate (RFC 5280): the least DER that holds a name and an RSA key. */
import { type KeyObject, sign } from 'node:crypto';

const YEARS = 30;

/** In PEM; valid from a day before `now`, for clocks that are behind. */
export function selfSigned(name: string, publicKey: KeyObject, privateKey: KeyObject, now: Date): string {
  const from = new Date(now.getTime() - 86_400_000);
  const until = new Date(Date.UTC(now.getUTCFullYear() + YEARS, 0, 1));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    RSA_WITH_SHA256,
    named(name),
    der(0x30, time(from), time(until)),
    named(name),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const text = der(0x30, body, RSA_WITH_SHA256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const RSA_WITH_SHA256 = der(0x30, oid('2a864886f70d01010b'), der(0x05));
/** commonName. */
const named = (name: string) => der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(name)))));
const time = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\..*/g, '')}Z`));
