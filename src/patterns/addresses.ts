/** IP addresses and CIDR blocks, v4 and v6, as numbers. */
import { InvalidPattern } from './text.ts';

export interface Block {
  readonly version: 4 | 6;
  /** First and last address. */
  readonly low: bigint;
  readonly high: bigint;
}

/** Throws InvalidPattern. */
export function blockOf(text: string): Block {
  const [address = '', bits = '', ...rest] = text.split('/');
  if (rest.length > 0 || !text.includes('/') || bits === '') {
    throw new InvalidPattern("Malformed CIDR, one '/' required");
  }
  if (!/^[+-]?\d{1,9}$/.test(bits)) throw new InvalidPattern('Malformed CIDR, mask bits must be an integer');
  const mask = Number(bits);
  if (mask < 0) throw new InvalidPattern('Malformed CIDR, mask bits must not be negative');
  const parsed = addressOf(address);
  if (!parsed) throw new InvalidPattern(`Nonstandard IP address: ${address}`);
  const width = parsed.version === 4 ? 32 : 128;
  if (mask > width) throw new InvalidPattern(`IPv${parsed.version} mask bits must be < ${width}`);
  const rest2 = (1n << BigInt(width - mask)) - 1n;
  const low = parsed.value & ~rest2;
  return { version: parsed.version, low, high: low | rest2 };
}

export function isInBlock(block: Block, text: string): boolean {
  if (text.length > 45) return false;
  const address = addressOf(text);
  return address?.version === block.version && address.value >= block.low && address.value <= block.high;
}

interface Address {
  readonly version: 4 | 6;
  readonly value: bigint;
}

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

function addressOf(text: string): Address | undefined {
  const four = V4.exec(text);
  if (four) {
    const bytes = four.slice(1).map(Number);
    if (bytes.some((byte) => byte > 255)) return undefined;
    return { version: 4, value: bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) };
  }
  const groups = text.includes(':') ? groupsOf(text) : undefined;
  return groups && { version: 6, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n) };
}

/** The eight groups of an IPv6 address. */
function groupsOf(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = [...head!, ...(tail ?? [])];
  if (given.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  const missing = 8 - given.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = tail === undefined ? given : [...head!, ...Array<string>(missing).fill('0'), ...tail];
  return all.map((group) => Number.parseInt(group, 16));
}
