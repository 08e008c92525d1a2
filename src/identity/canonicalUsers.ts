/**
 * Canonical user ids: an account by the name that S3's ACLs, owners and `CanonicalUser` principals call it.
 *
 * 64 hexadecimal digits, as AWS's. The account is folded into the last ten, so that an id is read back without a table.
 */
import { createHash } from 'node:crypto';
import type { Transaction } from '../store/store.ts';
import { accounts } from './organization.ts';

const HEAD_DIGITS = 54;
const TAIL_DIGITS = 10;

const known = new Map<string, string>();
const KNOWN_MAX = 10_000;

/** The canonical user id of an account. */
export function canonicalUserOf(account: string): string {
  const found = known.get(account);
  if (found !== undefined) return found;
  const head = digest(`canonical user of ${account}`).slice(0, HEAD_DIGITS);
  const id = head + folded(head, BigInt(account || '0'));
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(account, id);
  return id;
}

/** The account that an id stands for, whether or not the plane has it; undefined for a text that is no such id. */
export function accountOfCanonicalUser(id: string): string | undefined {
  if (!/^[0-9a-f]{64}$/.test(id)) return undefined;
  const head = id.slice(0, HEAD_DIGITS);
  const account = BigInt(`0x${folded(head, BigInt(`0x${id.slice(HEAD_DIGITS)}`))}`)
    .toString()
    .padStart(12, '0');
  return account.length === 12 && canonicalUserOf(account) === id ? account : undefined;
}

/** The account of this plane that an id stands for. */
export async function findCanonicalUser(tx: Transaction, id: string): Promise<string | undefined> {
  const account = accountOfCanonicalUser(id);
  return account !== undefined && (await tx.get(accounts, [account])) ? account : undefined;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

function folded(head: string, value: bigint): string {
  const mask = BigInt(`0x${digest(head).slice(0, TAIL_DIGITS)}`);
  return (value ^ mask).toString(16).padStart(TAIL_DIGITS, '0');
}
