/** Identifiers in AWS's shapes. Randomness comes from the request's context. */

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
export interface Dice {
  readonly random: (bytes: number) => Uint8Array;
}
type Random = Dice;

/**
 * IAM's unique ids: a four-letter kind, then 17 base-32 characters. The first nine are the time in milliseconds, so that
 * their index rows are written side by side; the rest is random.
 */
export function uniqueId(kind: UniqueIdKind, from: Random & { readonly now: Date }): string {
  let id = '';
  for (let time = from.now.getTime(), i = 0; i < 9; i++) {
    id = BASE32[time % 32]! + id;
    time = Math.floor(time / 32);
  }
  for (const byte of from.random(8)) id += BASE32[byte % 32]!;
  return kind + id;
}

type UniqueIdKind = 'AIDA' | 'AROA' | 'AGPA' | 'ANPA' | 'AIPA' | 'ASCA' | 'APKA' | 'ACCA';

/**
 * An access key id, 20 characters. As in AWS, the account is in it: of the 80 bits behind the four letters the first
 * is one, the next 40 are the account id, the rest is random.
 */
export function accessKeyId(kind: 'AKIA' | 'ASIA', account: string, from: Random): string {
  const bytes = Buffer.from(from.random(10));
  const head = (1n << 47n) | (BigInt(account) << 7n) | BigInt(bytes.readUInt8(5) & 0x7f);
  bytes.writeUIntBE(Number(head), 0, 6);
  return kind + base32(bytes);
}

/** The account in an access key id; undefined if the id has no account in it. */
export function accountOfAccessKey(id: string): string | undefined {
  if (!/^[A-Z]{4}[A-Z2-7]{16}$/.test(id)) return undefined;
  let bits = 0n;
  for (const char of id.slice(4, 14)) bits = (bits << 5n) | BigInt(BASE32.indexOf(char));
  const head = bits >> 2n;
  if (head >> 47n === 0n) return undefined;
  const account = (head & 0x7fffffffff80n) >> 7n;
  return account < 1_000_000_000_000n ? account.toString().padStart(12, '0') : undefined;
}

/** 40 characters of base 64, as AWS's secret access keys. */
export const secretAccessKey = (from: Random) => Buffer.from(from.random(30)).toString('base64');

/** A version-4 UUID. */
export function uuid(from: Random): string {
  const bytes = Buffer.from(from.random(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  return uuidText(bytes);
}

/**
 * A version-7 UUID: it begins with the time, so that what is kept under it is written side by side. For what comes in
 * numbers: requests and events.
 */
export function timeUuid(now: Date, from: Random): string {
  const bytes = Buffer.from(from.random(16));
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  return uuidText(bytes);
}

function uuidText(bytes: Buffer): string {
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Lower-case letters and digits, as in organization and unit ids. */
export const lowerId = (length: number, from: Random) =>
  Array.from(from.random(length), (byte) => 'abcdefghijklmnopqrstuvwxyz0123456789'[byte % 36]).join('');

export const digits = (length: number, from: Random) => Array.from(from.random(length), (byte) => byte % 10).join('');

function base32(bytes: Uint8Array): string {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  return Array.from({ length: (bytes.length * 8) / 5 }, (_, i) => {
    const shift = BigInt(bytes.length * 8 - 5 * (i + 1));
    return BASE32[Number((bits >> shift) & 31n)];
  }).join('');
}
