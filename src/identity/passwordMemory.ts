/**
 * Passwords that were right a short while ago, so that proving the same one again costs next to nothing: what MySQL
 * does with caching_sha2_password. Kept is a MAC over verifier and password under a key that this process drew and
 * never shows, in memory alone; another verifier (a new password, a renewed one) makes another MAC. What is wrong, or
 * nobody's, always takes the slow road. What that gives away: docs/decisions/0009-what-a-password-costs.md.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import type { Secrets } from '../core/secrets.ts';

/** An hour, unless the operator says less. */
export const PASSWORD_MEMORY_SECONDS = 3600;
/** Whoever has not signed in for longest makes room. */
export const REMEMBERED_MAX = 10_000;

interface Memory {
  readonly key: Uint8Array;
  /** By verifier, the one that was used last at the end. */
  readonly tags: Map<string, Remembered>;
}

interface Remembered {
  readonly tag: Buffer;
  /** Milliseconds. */
  readonly until: number;
}

/** Of each plane in this process: it is gone with the secrets that open verifiers. */
const memories = new WeakMap<Secrets, Memory>();

type Around = Pick<Context, 'secrets' | 'random' | 'settings'>;

function memoryOf({ secrets, random }: Around): Memory {
  let memory = memories.get(secrets);
  if (!memory) memories.set(secrets, (memory = { key: random(32), tags: new Map() }));
  return memory;
}

/** The length keeps apart where the verifier ends and the password begins. */
const tagOf = ({ key }: Memory, verifier: string, password: string): Buffer =>
  createHmac('sha256', key).update(`${verifier.length}:${verifier}${password}`).digest();

/** Whether it was found right not long ago. False says nothing. `now`: milliseconds. */
export function isRemembered(around: Around, verifier: string, password: string, now: number): boolean {
  const memory = memoryOf(around);
  const known = memory.tags.get(verifier);
  const given = tagOf(memory, verifier, password);
  if (!known) return false;
  if (known.until <= now) {
    memory.tags.delete(verifier);
    return false;
  }
  if (!timingSafeEqual(given, known.tag)) return false;
  memory.tags.delete(verifier);
  memory.tags.set(verifier, known);
  return true;
}

/** It was proved right just now. Being used makes it last no longer. */
export function remember(around: Around, verifier: string, password: string, now: number): void {
  const seconds = around.settings.passwordMemorySeconds ?? PASSWORD_MEMORY_SECONDS;
  if (seconds === 0) return;
  const memory = memoryOf(around);
  const { tags } = memory;
  tags.delete(verifier);
  tags.set(verifier, { tag: tagOf(memory, verifier, password), until: now + seconds * 1000 });
  if (tags.size > REMEMBERED_MAX) tags.delete(tags.keys().next().value!);
}
