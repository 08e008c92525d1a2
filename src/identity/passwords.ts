/**
 * Console passwords: never kept, only what proves them. A verifier is Argon2id (RFC 9106) over the password and a
 * salt of its own, sealed under the plane's root key, so that a copy of the store alone lets nobody guess.
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { table } from '../store/store.ts';
import { isRemembered, remember } from './passwordMemory.ts';

export interface LoginProfile {
  readonly account: string;
  /** Unique id of the user (`AIDA…`), or the account id for its root user. */
  readonly owner: string;
  readonly created: string;
  readonly changed: string;
  readonly resetRequired: boolean;
  /** Newest first: the password in force, then earlier ones. Empty while root's password waits to be set. */
  readonly verifiers: readonly string[];
  /** Root only; a user's is in its own row. */
  readonly lastUsed?: string;
}

export const loginProfiles = table<LoginProfile>('iam_login_profile', { key: (p) => [p.account, p.owner] });

const SEALED_FOR = 'password-verifier';
const TAG_BYTES = 32;
const SALT_BYTES = 16;

interface Cost {
  /** KiB */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** What a guess costs whoever has a copy of the store and of the root key, and a sign-in the plane. */
export const PASSWORD_COSTS = {
  /** OWASP's choice of 2025: 19 MiB, two passes, one lane. About 35 ms. */
  standard: { memory: 19_456, passes: 2, parallelism: 1 },
  /** RFC 9106's second choice: 64 MiB, three passes, four lanes. About 220 ms. */
  strong: { memory: 65_536, passes: 3, parallelism: 4 },
  /** Below what OWASP asks for: see docs/decisions/0009-what-a-password-costs.md. About 3 ms. */
  light: { memory: 3_072, passes: 1, parallelism: 1 },
} as const satisfies Readonly<Record<string, Cost>>;

type Around = Pick<Context, 'secrets' | 'random' | 'settings'>;

const costOf = ({ settings }: Pick<Context, 'settings'>): Cost => PASSWORD_COSTS[settings.passwordCost ?? 'standard'];

/** What proves `password` later on, at the cost that the operator chose; derived off the main thread. */
export async function verifierOf(ctx: Around, password: string): Promise<string> {
  const salt = ctx.random(SALT_BYTES);
  const cost = costOf(ctx);
  const tag = await derive(password, salt, cost);
  return ctx.secrets.seal(SEALED_FOR, Buffer.concat([headOf(cost), salt, tag]), ctx.random(12));
}

/** Whether this is the password of a verifier. */
export async function isPassword(ctx: Pick<Context, 'secrets'>, verifier: string, password: string): Promise<boolean> {
  const { cost, salt, tag } = opened(ctx, verifier);
  return timingSafeEqual(await derive(password, salt, cost), tag);
}

export interface Checked {
  readonly right: boolean;
  /** To be kept instead of the verifier: the same password, at the cost that new ones have. */
  readonly better?: string | undefined;
}

/**
 * As `isPassword`, for sign-in: a verifier that is not there costs as much as a new one, a password that was right a
 * short while ago next to nothing. `now`: milliseconds.
 */
export async function checked(
  ctx: Around,
  verifier: string | undefined,
  password: string,
  now: number,
): Promise<Checked> {
  if (verifier === undefined) {
    await verifierOf(ctx, password);
    return { right: false };
  }
  if (isRemembered(ctx, verifier, password, now)) return { right: true };
  if (!(await isPassword(ctx, verifier, password))) return { right: false };
  const better = await strongerThan(ctx, verifier, password);
  remember(ctx, better ?? verifier, password, now);
  return { right: true, ...(better !== undefined && { better }) };
}

async function strongerThan(ctx: Around, verifier: string, password: string): Promise<string | undefined> {
  const work = ({ memory, passes }: Cost) => memory * passes;
  return work(opened(ctx, verifier).cost) < work(costOf(ctx)) ? verifierOf(ctx, password) : undefined;
}

const HEAD_BYTES = 6;

/** A verifier carries its own cost, so that the setting may change. */
function headOf({ memory, passes, parallelism }: Cost): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(memory);
  head.writeUInt8(passes, 4);
  head.writeUInt8(parallelism, 5);
  return head;
}

function opened({ secrets }: Pick<Context, 'secrets'>, verifier: string) {
  const bytes = secrets.open(SEALED_FOR, verifier);
  if (!bytes) throw new Error('A password verifier was sealed under another root key.');
  const salt = bytes.subarray(-SALT_BYTES - TAG_BYTES, -TAG_BYTES);
  const tag = bytes.subarray(-TAG_BYTES);
  if (bytes.length === SALT_BYTES + TAG_BYTES) return { cost: PASSWORD_COSTS.standard, salt, tag }; // The first ones.
  const cost = { memory: bytes.readUInt32BE(), passes: bytes.readUInt8(4), parallelism: bytes.readUInt8(5) };
  return { cost, salt, tag };
}

function derive(password: string, salt: Uint8Array, cost: Cost): Promise<Buffer> {
  const parameters = { message: password, nonce: salt, tagLength: TAG_BYTES, ...cost };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error ? reject(error) : resolve(tag)));
  });
}
