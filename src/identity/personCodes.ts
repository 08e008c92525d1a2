/** Codes of an application on somebody's phone (RFC 6238), for people of a directory, and how one is added. */
import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { stepAt, totp } from './mfa.ts';
import { addDevice, type Person, type PersonDevice, personDevices } from './personCredentials.ts';

const SEED = 'person-totp';
/** Steps of thirty seconds either side of now. */
const WINDOW = 1;

/** The time step that a code is of; undefined when it is none of now, or not newer than `after`. */
function stepOf(ctx: Context, seed: Uint8Array, code: string, after: number): number | undefined {
  const given = Buffer.from(code.replace(/\s/g, ''));
  const now = stepAt(ctx.now);
  let found: number | undefined;
  for (let step = now - WINDOW; step <= now + WINDOW; step++) {
    const expected = Buffer.from(totp(seed, step));
    if (expected.length === given.length && timingSafeEqual(expected, given) && step > after) found = step;
  }
  return found;
}

function opened(ctx: Pick<Context, 'secrets'>, sealed: string): Buffer {
  const seed = ctx.secrets.open(SEED, sealed);
  if (!seed) throw new Error('The seed of a device was sealed under another root key.');
  return seed;
}

/** Whether it is a code of one of these devices; it is used up. */
export async function isCodeOf(ctx: Context, devices: readonly PersonDevice[], code: string): Promise<boolean> {
  for (const device of devices) {
    const step = device.seed && stepOf(ctx, opened(ctx, device.seed), code, device.lastStep ?? 0);
    if (!step) continue;
    await ctx.store.replace(personDevices, { ...device, lastStep: step });
    return true;
  }
  return false;
}

/** An application with this seed, sealed, that shows this code. False: the code is wrong, or it is one too many. */
export async function addApp(ctx: Context, person: Person, seed: string, code: string): Promise<boolean> {
  const lastStep = stepOf(ctx, opened(ctx, seed), code, 0);
  return lastStep !== undefined && addDevice(ctx, person, { seed, lastStep });
}

export const newSeed = (from: Context) => from.secrets.seal(SEED, from.random(20), from.random(12));

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The seed in base 32, as people type it in. */
export function seedText({ secrets }: Pick<Context, 'secrets'>, sealed: string): string {
  const bits = Array.from(opened({ secrets }, sealed), (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join('');
}
