/**
 * MFA devices of IAM users and root users: virtual ones, and passkeys (passkeys.ts), which have no seed. And the one
 * place where a code is believed (RFC 6238: SHA-1, six digits, thirty seconds).
 *
 * A code is good for the time step it belongs to and the one on either side of it, counted from the device's own
 * drift. The step that was accepted last is kept in the device's row, and no code of that step or an earlier one is
 * accepted again. An attempt counts before it is judged (attempts.ts), and after too many every code is refused for a
 * while: six digits cannot be guessed, however many requests come at the same time.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import type { Tag } from '../core/operation.ts';
import { table } from '../store/store.ts';
import { attempt, attemptBeforehand, succeeded } from './attempts.ts';

export interface MfaDevice {
  readonly account: string;
  /** The device's ARN. */
  readonly serial: string;
  readonly path: string;
  readonly name: string;
  /** Of a virtual device, sealed for the purpose `mfa-seed`: the raw bytes of the secret. */
  readonly seed?: string;
  /** Of a passkey: its credential id. */
  readonly passkey?: string;
  readonly created: string;
  readonly tags: readonly Tag[];
  /** Unique id of the user (`AIDA…`), or the account id for its root user. Absent while unassigned. */
  readonly owner?: string;
  readonly enabled?: string;
  /** Time step of the code that was accepted last. */
  readonly lastStep?: number;
  /** Steps by which the device's clock differs from ours. */
  readonly drift?: number;
}

const assignment = ({ owner }: MfaDevice) => (owner ? 'Assigned' : 'Unassigned');

/** Index `owner`: [account, user id]. `status`, `virtual`: [account, `Assigned`, `Unassigned`]; `virtual` also `Any`. */
export const mfaDevices = table<MfaDevice>('iam_mfa_device', {
  key: (d) => [d.account, d.serial],
  indexes: {
    owner: (d) => (d.owner ? [[d.account, d.owner]] : []),
    status: (d) => [[d.account, assignment(d)]],
    virtual: (d) => (d.seed === undefined ? [] : ['Any', assignment(d)].map((status) => [d.account, status])),
  },
});

/** As many a user or root user may have, of any kind. */
export const DEVICES_PER_USER = 8;

export const MFA_SEED = 'mfa-seed';
const STEP_MS = 30_000;
/** Steps either side of now in which a code is good. */
const WINDOW = 1;
/** Resynchronizing and enabling search further: a clock may be this far off. */
const DRIFT_MAX = 20;

export type MfaVerdict = 'Accepted' | 'WrongCode' | 'NoSuchDevice';

/**
 * Whether the caller holds the device `serial` and this is its code now, which is used up whatever becomes of the
 * request. `NoSuchDevice` also when the device is not enabled for the caller (a user, or the account's root user).
 */
export async function verifyMfaCode(ctx: Context, serial: string, code: string): Promise<MfaVerdict> {
  const device = await ctx.store.get(mfaDevices, [ctx.account, serial]);
  if (!device?.owner || !device.seed || device.owner !== ctx.caller.userId) return 'NoSuchDevice';
  const isRight = await ctx.beforehand(`code ${serial}`, (store) => judged({ ...ctx, store }, serial, code));
  return isRight ? 'Accepted' : 'WrongCode';
}

async function judged(ctx: Context, serial: string, code: string): Promise<boolean> {
  const device = await ctx.store.get(mfaDevices, [ctx.account, serial]);
  if (!device || (await attempt(ctx, ...triedWith(device))) > 0 || !(await acceptCode(ctx, device, code))) return false;
  await succeeded(ctx, ...triedWith(device));
  return true;
}

const triedWith = ({ serial }: MfaDevice) => ['mfa', serial];

/** Whether this is a code of the device now. It is used up with the write set. How often one may try is the caller's. */
export async function acceptCode(ctx: Context, device: MfaDevice, code: string): Promise<boolean> {
  if (!device.seed) return false;
  const middle = stepAt(ctx.now) + (device.drift ?? 0);
  const step = matchingStep(seedOf(ctx, device), code, middle - WINDOW, middle + WINDOW);
  if (step === undefined || step <= (device.lastStep ?? 0)) return false;
  await ctx.store.replace(mfaDevices, { ...device, lastStep: step });
  return true;
}

/**
 * The device with its clock set by two consecutive codes, or undefined if they are not two new codes of this device
 * that follow each other. The row is the caller's to write.
 */
export async function synchronized(
  ctx: Context,
  device: MfaDevice,
  first: string,
  second: string,
): Promise<MfaDevice | undefined> {
  if (!device.seed || (await attemptBeforehand(ctx, ...triedWith(device))) > 0) return undefined;
  const seed = seedOf(ctx, device);
  const now = stepAt(ctx.now);
  for (const step of nearestFirst(now, DRIFT_MAX)) {
    if (step - 1 <= (device.lastStep ?? 0)) continue;
    if (!same(totp(seed, step - 1), first) || !same(totp(seed, step), second)) continue;
    const drift = Math.abs(step - now) <= WINDOW ? 0 : step - now;
    await succeeded(ctx, ...triedWith(device));
    return { ...device, lastStep: step, drift };
  }
  return undefined;
}

/** The code of one time step. Exported for tests and for the tools that stand in for a phone. */
export function totp(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  const number = mac.readUInt32BE(mac.readUInt8(19) & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** Number of the time step that this moment is in. */
export const stepAt = (time: Date) => Math.floor(time.getTime() / STEP_MS);

function seedOf(ctx: Context, device: MfaDevice): Buffer {
  const seed = ctx.secrets.open(MFA_SEED, device.seed ?? '');
  if (!seed) throw new Error(`The seed of ${device.serial} was sealed under another root key.`);
  return seed;
}

function matchingStep(seed: Uint8Array, code: string, from: number, to: number): number | undefined {
  let match: number | undefined;
  for (let step = from; step <= to; step++) if (same(totp(seed, step), code)) match = step;
  return match;
}

function same(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}

function* nearestFirst(middle: number, reach: number): Generator<number> {
  yield middle;
  for (let distance = 1; distance <= reach; distance++) {
    yield middle + distance;
    yield middle - distance;
  }
}
