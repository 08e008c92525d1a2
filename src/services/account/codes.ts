/** Codes that go to an address or a telephone and prove it by being shown: sealed, for a while, for a few guesses. */
import { timingSafeEqual } from 'node:crypto';
import { ValidationException } from '@aws-sdk/client-account';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Afterwards, Told } from '../../core/front.ts';
import type { Table } from '../../store/store.ts';

/** What waits for its code. */
export interface Coded {
  readonly account: string;
  /** Sealed; absent once it was shown. */
  readonly code?: string;
  readonly wrong: number;
  /** Milliseconds: it was asked for, or proved. */
  readonly time: number;
  /** Milliseconds: of the last wrong code. */
  readonly tried?: number;
}

interface Kind<Row extends Coded> {
  readonly rows: Table<Row>;
  /** Purpose of the seal. */
  readonly seal: string;
  readonly goodMs: number;
  /** Of which a code is made, none taken for another. */
  readonly signs: string;
}

const LENGTH = 6;
const WRONG_MAX = 5;

/** Wrong codes since a row was read, which those that come at the same time do not see in it. */
const guesses = new WeakMap<Coded, number>();

interface Missed {
  readonly rows: Table<Coded>;
  readonly row: Coded;
}

export const codesOf = <Row extends Coded>({ rows, seal, goodMs, signs }: Kind<Row>) => ({
  fresh(ctx: Context): { readonly code: string; readonly sealed: string } {
    const code = Array.from(ctx.random(LENGTH), (byte) => signs[byte % signs.length]).join('');
    return { code, sealed: ctx.secrets.seal(seal, code, ctx.random(12)) };
  },
  /** Milliseconds: when it is good no more. */
  failedAt: ({ wrong, tried, time }: Row): number =>
    wrong >= WRONG_MAX && tried !== undefined ? tried : time + goodMs,
  /** @throws where it is not the code of the row; that is counted, though the call leaves nothing */
  requireCode(ctx: Context, row: Row, given: string): void {
    const guessed = guesses.get(row) ?? 0;
    if (row.wrong + guessed >= WRONG_MAX) invalid('Otp', 'The one-time password has expired.');
    const expected = ctx.secrets.open(seal, row.code ?? '');
    const bytes = Buffer.from(given);
    if (expected?.length === bytes.length && timingSafeEqual(expected, bytes)) return;
    guesses.set(row, guessed + 1);
    ctx.audit.about = { rows, row } as unknown as Missed;
    invalid('Otp', 'The one-time password is not valid.');
  },
});

export function afterwards({ audit }: Context, { error }: Told): Afterwards | undefined {
  if (error === undefined) return undefined;
  const { rows, row } = audit.about as Missed;
  const keep = async ({ store, now }: Context) => {
    const waiting = await store.get(rows, [row.account]);
    if (waiting?.code === undefined || waiting.code !== row.code) return;
    await store.replace(rows, { ...waiting, wrong: waiting.wrong + 1, tried: now.getTime() });
  };
  return { headers: {}, keep };
}

export const invalid = (name: string, message: string): never =>
  fail(ValidationException, message, { reason: 'fieldValidationFailed', fieldList: [{ name, message }] });
