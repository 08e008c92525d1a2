/** AES-256-GCM: what lies sealed is a nonce, the bytes, and a tag. `name` says of what they are. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Context } from '../../core/context.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function sealed(plain: Uint8Array, key: Uint8Array, name: string, { random }: Pick<Context, 'random'>): Buffer {
  const nonce = Buffer.from(random(NONCE_BYTES));
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws Error where the bytes are not what was sealed */
export function opened(bytes: Uint8Array, key: Uint8Array, name: string): Buffer {
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(name));
  cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
}
