/**
 * Secrets at rest, and tokens that only we can have made: AES-256-GCM under keys derived from the root key, which the
 * store never holds. Each purpose has a key of its own, so that a sealed access key never opens as a session token.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

export interface Secrets {
  /** Text of URL-safe characters, about 1.37 times as long as `plain` plus 38. */
  seal(purpose: string, plain: string | Uint8Array, nonce: Uint8Array): string;
  /** The plain bytes, or undefined if the text was not sealed by us for this purpose. */
  open(purpose: string, sealed: string): Buffer | undefined;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * `rootKeys`: 32 bytes each. The first one seals; what it does not open, an older one may. `nonce` of `seal`: 12 random
 * bytes, never used twice.
 */
export function secretsUnder(...rootKeys: readonly [Uint8Array, ...Uint8Array[]]): Secrets {
  const [newest, ...older] = rootKeys.map(secretsUnderOne) as [Secrets, ...Secrets[]];
  if (older.length === 0) return newest;
  return {
    seal: newest.seal,
    open(purpose, sealed) {
      for (const secrets of [newest, ...older]) {
        const plain = secrets.open(purpose, sealed);
        if (plain) return plain;
      }
      return undefined;
    },
  };
}

function secretsUnderOne(rootKey: Uint8Array): Secrets {
  const keys = new Map<string, KeyObject>();
  const keyFor = (purpose: string) => keys.get(purpose) ?? keep(keys, purpose, deriveKey(rootKey, purpose));
  return {
    seal(purpose, plain, nonce) {
      const cipher = createCipheriv('aes-256-gcm', keyFor(purpose), nonce);
      const bytes = [nonce, cipher.update(plain), cipher.final()];
      return Buffer.concat([...bytes, cipher.getAuthTag()]).toString('base64url');
    },
    open(purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < NONCE_BYTES + TAG_BYTES || !isWritten(sealed, bytes)) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', keyFor(purpose), bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

/** Just as `seal` writes these bytes: what reads base 64 passes over odd characters and bits that are left over. */
function isWritten(sealed: string, bytes: Buffer): boolean {
  const over = bytes.length % 3;
  if (sealed.length !== Math.ceil((bytes.length * 4) / 3)) return false;
  return over === 0 || sealed.endsWith(bytes.subarray(-over).toString('base64url'));
}

function deriveKey(rootKey: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', rootKey, '', `gatehouse/${purpose}`, 32)));
}

function keep<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}
