/**
 * A signer of Signature Version 4a for tests, written from AWS's page on its own: it shares nothing with the code that
 * verifies. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac, createPrivateKey, sign } from 'node:crypto';
import type { WireRequest } from '../core/wire.ts';

const ORDER_LESS_2 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254fn;

/** NIST SP 800-108, counter mode: the private key of an access key, hexadecimal. */
export function derivedKey(accessKeyId: string, secret: string): string {
  for (let counter = 1; ; counter++) {
    const text = `\0\0\0\x01AWS4-ECDSA-P256-SHA256\0${accessKeyId}${String.fromCharCode(counter)}\0\0\x01\0`;
    const number = BigInt(`0x${createHmac('sha256', `AWS4A${secret}`).update(text, 'latin1').digest('hex')}`);
    if (number <= ORDER_LESS_2) return (number + 1n).toString(16).padStart(64, '0');
  }
}

interface Signing {
  readonly accessKeyId: string;
  /** As `derivedKey` gives it. */
  readonly privateKey: string;
  readonly service: string;
}

/** With its signature in the header. All headers are signed, among them `x-amz-date` and `x-amz-region-set`. */
export function signedEverywhere(request: WireRequest, { accessKeyId, privateKey, service }: Signing): WireRequest {
  const { method, path, query, headers, body } = request;
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const payload = headers['x-amz-content-sha256'] ?? createHash('sha256').update(body).digest('hex');
  const canonical = `${method}\n${path}\n${query}\n${lines}\n${names.join(';')}\n${payload}`;
  const time = headers['x-amz-date'] ?? '';
  const scope = `${time.slice(0, 8)}/${service}/aws4_request`;
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = `AWS4-ECDSA-P256-SHA256\n${time}\n${scope}\n${hash}`;
  const der = Buffer.concat([Buffer.from('30310201010420', 'hex'), Buffer.from(privateKey, 'hex')]);
  const curve = Buffer.from('a00a06082a8648ce3d030107', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([der, curve]), format: 'der', type: 'sec1' });
  const signature = sign('sha256', Buffer.from(text), key).toString('hex');
  const fields = `Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...request, headers: { ...headers, authorization: `AWS4-ECDSA-P256-SHA256 ${fields}` } };
}
