/** A page of the plane's own that is signed like any AWS call. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Plane } from './plane.ts';

/** What the page says, as JSON; throws what it says when it refuses. */
export async function signedPage<T>(
  plane: Plane,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  query: Readonly<Record<string, string>> = {},
  content?: object,
): Promise<T> {
  const url = new URL(path, plane.endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { endpoint: _, ...signing } = plane;
  const signer = new SignatureV4({ ...signing, service: 'gatehouse', sha256: Sha256 });
  const body = content && JSON.stringify(content);
  const own = { host: url.host, ...(body !== undefined && { 'content-type': 'application/json' }) };
  const target = { protocol: url.protocol, hostname: url.hostname, path, query, method, headers: own, body };
  const { headers } = await signer.sign(target);
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const told = (await response.json().catch(() => undefined)) as (T & { message?: string }) | undefined;
  if (told === undefined) throw new Error(`What answers at ${plane.endpoint} (${response.status}) is no plane.`);
  if (response.status === 503 && (await isSealed(plane))) {
    throw new Error('The plane is sealed: start it with its passphrase, key file or PIN; docs/sealing.md tells more.');
  }
  if (!response.ok) throw new Error(told.message ?? `The plane answered ${response.status}.`);
  return told;
}

async function isSealed({ endpoint }: Plane): Promise<boolean> {
  const health = await fetch(new URL('/_gatehouse/health', endpoint));
  return ((await health.json()) as { status?: string }).status === 'sealed';
}

type Bytes = string | ArrayBuffer | ArrayBufferView;

/** The hash that the signer asks for, over node:crypto. */
class Sha256 {
  readonly #hash;
  constructor(secret?: Bytes) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: Bytes): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function bytesOf(data: Bytes): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
