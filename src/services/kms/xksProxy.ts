/**
 * The client's side of AWS's external key store proxy API, version 1: four requests, as JSON over HTTPS, signed by
 * Signature Version 4 with the proxy's own credentials. Whatever a proxy answers is checked before it is believed.
 *
 * https://github.com/aws/aws-kms-xksproxy-api-spec
 */
import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { ProxyAddress } from '../../core/keyStores.ts';
import { XKS_FAILURES, XksError, type XksFailure } from './xksFailures.ts';
import { type ProxyCertificate, posted, type Reply } from './xksTransport.ts';

/** Where a proxy is, and who we are there. */
export interface XksProxy {
  /** `https://xks.example.com` */
  readonly endpoint: string;
  /** `/prefix/kms/xks/v1` */
  readonly path: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** What the operator says of it; a proxy without is not reached for. */
  readonly address: ProxyAddress | undefined;
  readonly wallClock: () => number;
}

/** What a proxy is told of the request behind its own. */
export interface RequestMetadata {
  readonly awsPrincipalArn?: string;
  readonly kmsKeyArn?: string;
  readonly kmsOperation: string;
  readonly kmsRequestId: string;
  readonly kmsViaService?: string;
}

/** What an external key manager makes of a plaintext. */
export interface ExternalCiphertext {
  readonly iv: Uint8Array;
  /** The proxy's own note, of at most 20 bytes. */
  readonly metadata: Uint8Array;
  readonly tag: Uint8Array;
  readonly body: Uint8Array;
}

export interface ExternalKey {
  readonly keySpec: string;
  readonly keyUsage: readonly string[];
  readonly keyStatus: string;
}

const METADATA_BYTES_MAX = 20;
const TAG_BYTES = 16;
const AAD_BYTES_MAX = 8192;

/** The external key managers behind a proxy: `ACTIVE`, `DEGRADED` or `UNAVAILABLE`, each one. */
export interface Health {
  readonly states: readonly string[];
  readonly certificate: ProxyCertificate | undefined;
}

export async function healthOf(proxy: XksProxy, requestMetadata: RequestMetadata): Promise<Health> {
  const reply = await replyTo(proxy, '/health', { requestMetadata });
  const answer = answerIn(reply);
  const { xksProxyFleetSize: size, ekmFleetDetails: fleet } = answer;
  for (const name of ['xksProxyVendor', 'xksProxyModel', 'ekmVendor']) textIn(answer, name);
  if (!Number.isSafeInteger(size) || (size as number) < 1) throw new XksError('malformed');
  if (!Array.isArray(fleet) || fleet.length < 1 || fleet.length > 10) throw new XksError('malformed');
  const states = fleet.map((each) => {
    const details = objectOf(each);
    textIn(details, 'id');
    textIn(details, 'model');
    return textIn(details, 'healthStatus');
  });
  if (states.some((state) => !['ACTIVE', 'DEGRADED', 'UNAVAILABLE'].includes(state))) throw new XksError('malformed');
  return { states, certificate: reply.certificate() };
}

/** Throws XksError unless some external key manager behind the proxy can serve. */
export async function checkHealth(proxy: XksProxy, requestMetadata: RequestMetadata): Promise<void> {
  const { states } = await healthOf(proxy, requestMetadata);
  if (states.every((state) => state === 'UNAVAILABLE')) throw new XksError('unhealthy');
}

export async function externalKey(proxy: XksProxy, id: string, requestMetadata: RequestMetadata): Promise<ExternalKey> {
  const answer = await ask(proxy, `/keys/${id}/metadata`, { requestMetadata });
  const { keyUsage } = answer;
  if (!Array.isArray(keyUsage) || keyUsage.length > 10 || !keyUsage.every((usage) => typeof usage === 'string')) {
    throw new XksError('malformed');
  }
  return { keySpec: textIn(answer, 'keySpec'), keyUsage, keyStatus: textIn(answer, 'keyStatus') };
}

/** `aad` is at most what a proxy must take; see aadOf. */
export async function encryptOutside(
  proxy: XksProxy,
  id: string,
  { plain, aad }: { readonly plain: Uint8Array; readonly aad: Uint8Array },
  requestMetadata: RequestMetadata,
): Promise<ExternalCiphertext> {
  const answer = await ask(proxy, `/keys/${id}/encrypt`, {
    requestMetadata,
    additionalAuthenticatedData: base64(aad),
    plaintext: base64(plain),
    encryptionAlgorithm: 'AES_GCM',
    ciphertextDataIntegrityValueAlgorithm: 'SHA_256',
  });
  const made = {
    iv: bytesIn(answer, 'initializationVector'),
    metadata: answer.ciphertextMetadata === undefined ? Buffer.alloc(0) : bytesIn(answer, 'ciphertextMetadata'),
    tag: bytesIn(answer, 'authenticationTag'),
    body: bytesIn(answer, 'ciphertext'),
  };
  const fits =
    (made.iv.length === 12 || made.iv.length === 16) &&
    made.metadata.length <= METADATA_BYTES_MAX &&
    made.tag.length === TAG_BYTES &&
    made.body.length === plain.length;
  if (!fits) throw new XksError('malformed');
  const value = createHash('sha256').update(aad).update(made.metadata).update(made.iv).update(made.body);
  const wanted = value.update(made.tag).digest();
  const given = bytesIn(answer, 'ciphertextDataIntegrityValue');
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new XksError('malformed');
  return made;
}

export async function decryptOutside(
  proxy: XksProxy,
  id: string,
  { iv, metadata, tag, body, aad }: ExternalCiphertext & { readonly aad: Uint8Array },
  requestMetadata: RequestMetadata,
): Promise<Uint8Array> {
  const answer = await ask(proxy, `/keys/${id}/decrypt`, {
    requestMetadata,
    additionalAuthenticatedData: base64(aad),
    ciphertext: base64(body),
    ...(metadata.length > 0 && { ciphertextMetadata: base64(metadata) }),
    encryptionAlgorithm: 'AES_GCM',
    initializationVector: base64(iv),
    authenticationTag: base64(tag),
  });
  const plain = bytesIn(answer, 'plaintext');
  if (plain.length !== body.length) throw new XksError('malformed');
  return plain;
}

/** What a proxy authenticates along: these bytes, or their hash where they are more than it must take. */
export const aadOf = (context: Uint8Array): Uint8Array =>
  context.length <= AAD_BYTES_MAX ? context : hash('sha512', context, 'buffer');

type Answer = Readonly<Record<string, unknown>>;

const ask = async (proxy: XksProxy, path: string, question: object): Promise<Answer> =>
  answerIn(await replyTo(proxy, path, question));

async function replyTo(proxy: XksProxy, path: string, question: object): Promise<Reply> {
  if (!proxy.address) throw new XksError('unreachable');
  const body = JSON.stringify(question);
  const { hostname: host } = new URL(proxy.endpoint);
  const target = `${proxy.path}${path}`;
  return posted(proxy.address, { host, path: target, body, headers: signed(proxy, host, target, body) });
}

function answerIn(reply: Reply): Answer {
  const answer = objectIn(reply);
  if (reply.status !== 200) throw new XksError(failureIn(reply, answer));
  return answer;
}

/** Of the errors that a proxy may answer, the one under its own status. */
function failureIn({ status }: Reply, { errorName }: Answer): XksFailure {
  if (typeof errorName !== 'string' || !Object.hasOwn(XKS_FAILURES, errorName)) return 'malformed';
  const row = XKS_FAILURES[errorName as XksFailure];
  return 'status' in row && row.status === status ? (errorName as XksFailure) : 'malformed';
}

function objectIn({ body }: Reply): Answer {
  try {
    return objectOf(JSON.parse(body));
  } catch {
    throw new XksError('malformed');
  }
}

function objectOf(value: unknown): Answer {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new XksError('malformed');
  return value as Answer;
}

function textIn(answer: Answer, name: string): string {
  const value = answer[name];
  if (typeof value !== 'string') throw new XksError('malformed');
  return value;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function bytesIn(answer: Answer, name: string): Buffer {
  const value = textIn(answer, name);
  if (!BASE64.test(value)) throw new XksError('malformed');
  return Buffer.from(value, 'base64');
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const hmac = (key: string | Uint8Array, text: string) => createHmac('sha256', key).update(text).digest();

/** Appendix A of the specification: `host` and `x-amz-date` are signed, the service is `kms-xks-proxy`. */
function signed(proxy: XksProxy, host: string, path: string, body: string): Record<string, string> {
  const time = `${new Date(proxy.wallClock()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const scope = `${time.slice(0, 8)}/${proxy.region}/kms-xks-proxy/aws4_request`;
  const canonical = `POST\n${path}\n\nhost:${host}\nx-amz-date:${time}\n\nhost;x-amz-date\n${hash('sha256', body, 'hex')}`;
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
  let key: string | Uint8Array = `AWS4${proxy.secretAccessKey}`;
  for (const part of scope.split('/')) key = hmac(key, part);
  const signature = hmac(key, text).toString('hex');
  return {
    host,
    'x-amz-date': time,
    'content-type': 'application/json',
    authorization: `AWS4-HMAC-SHA256 Credential=${proxy.accessKeyId}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  };
}
