/**
 * MFA devices of IAM users and root users: virtual ones, and passkeys (passkeys.ts), which have no seed. And the one
 * place where a code is believed (RFC 6238: SHA-1, six digits, thirty seconds).
 *
 * A code is good for the time step it belongs to and the one on either side of it, counted from the device's own
 * drift. The step that was accepted last is kept in the device's row, and no code of that step or an earlier one is
 * accepted again. Failed attempts come back from the journal (`mfaFailures`): after too many in a short time every
 * code is refused for a while, so that six digits cannot be guessed.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { eventOf } from '../core/events.ts';
import type { Tag } from '../core/operation.ts';
import { type Follower, type JournalRow, table } from '../store/store.ts';

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

/** Times (milliseconds) of the last failed attempts with one device. */
interface MfaFailures {
  readonly serial: string;
  readonly times: readonly number[];
}
const mfaFailureCounts = table<MfaFailures>('iam_mfa_failure', { key: (f) => [f.serial] });

export const MFA_SEED = 'mfa-seed';
const STEP_MS = 30_000;
/** Steps either side of now in which a code is good. */
const WINDOW = 1;
/** Resynchronizing and enabling search further: a clock may be this far off. */
const DRIFT_MAX = 20;
const FAILURES_MAX = 10;
const FAILURE_MEMORY_MS = 300_000;

export type MfaVerdict = 'Accepted' | 'WrongCode' | 'NoSuchDevice';

/**
 * Whether the caller holds the device `serial` and this is its code now. An accepted code is used up with the request's
 * write set. `NoSuchDevice` also when the device is not enabled for the caller (a user, or the account's root user).
 */
export async function verifyMfaCode(ctx: Context, serial: string, code: string): Promise<MfaVerdict> {
  const device = await ctx.store.get(mfaDevices, [ctx.account, serial]);
  if (!device?.owner || !device.seed || device.owner !== ctx.caller.userId) return 'NoSuchDevice';
  if (await isLocked(ctx, serial)) return 'WrongCode';
  const middle = stepAt(ctx.now) + (device.drift ?? 0);
  const step = matchingStep(seedOf(ctx, device), code, middle - WINDOW, middle + WINDOW);
  if (step === undefined || step <= (device.lastStep ?? 0)) return 'WrongCode';
  await ctx.store.replace(mfaDevices, { ...device, lastStep: step });
  return 'Accepted';
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
  if (!device.seed || (await isLocked(ctx, device.serial))) return undefined;
  const seed = seedOf(ctx, device);
  const now = stepAt(ctx.now);
  for (const step of nearestFirst(now, DRIFT_MAX)) {
    if (step - 1 <= (device.lastStep ?? 0)) continue;
    if (!same(totp(seed, step - 1), first) || !same(totp(seed, step), second)) continue;
    const drift = Math.abs(step - now) <= WINDOW ? 0 : step - now;
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

/** Remembers refused codes, from the records of the calls that carried them. */
export const mfaFailures: Follower = {
  name: 'iam_mfa_failures',
  async follow(entries, tx) {
    for (const entry of entries) {
      const serial = refusedSerial(entry);
      if (serial === undefined) continue;
      const before = (await tx.get(mfaFailureCounts, [serial]))?.times ?? [];
      const recent = before.filter((time) => time > entry.time - FAILURE_MEMORY_MS);
      await tx.replace(mfaFailureCounts, { serial, times: [...recent, entry.time].slice(-FAILURES_MAX) });
    }
  },
};

function refusedSerial(entry: JournalRow): string | undefined {
  if (entry.kind !== 'api' || !entry.body.includes('"serialNumber"') || !entry.body.includes('"errorCode"'))
    return undefined;
  const record = eventOf<{
    errorCode?: string;
    errorMessage?: string;
    requestParameters?: { serialNumber?: unknown } | null;
  }>(entry);
  const refused =
    record.errorCode?.startsWith('InvalidAuthenticationCode') ||
    record.errorMessage?.startsWith('MultiFactorAuthentication failed');
  const serial = record.requestParameters?.serialNumber;
  return refused && typeof serial === 'string' && serial.length <= 256 ? serial : undefined;
}

async function isLocked(ctx: Context, serial: string): Promise<boolean> {
  const failures = await ctx.store.get(mfaFailureCounts, [serial]);
  const since = ctx.now.getTime() - FAILURE_MEMORY_MS;
  return (failures?.times.filter((time) => time > since).length ?? 0) >= FAILURES_MAX;
}

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
