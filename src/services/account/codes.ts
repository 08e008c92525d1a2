/** Codes that go to an address or a telephone and prove it by being shown: sealed, for a while, for a few guesses. */
import { timingSafeEqual } from 'node:crypto';
import { TooManyRequestsException } from '@aws-sdk/client-account';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Table } from '../../store/store.ts';
import { invalid } from './errors.ts';

/** What waits for its code. */
export interface Coded {
  readonly account: string;
  /** Sealed; absent once it was shown. */
  readonly code?: string;
  /** How many guesses there were. */
  readonly wrong: number;
  /** Milliseconds: it was asked for, or proved. */
  readonly time: number;
  /** Milliseconds: of the last guess. */
  readonly tried?: number;
  /** Milliseconds: when codes were sent within the hour before the last one, and that one. */
  readonly sent?: readonly number[];
}

interface Kind<Row extends Coded> {
  readonly rows: Table<Row>;
  /** Purpose of the seal. */
  readonly seal: string;
  readonly goodMs: number;
  /** Of which a code is made, none taken for another. */
  readonly signs: string;
  /** As many codes at most in so many milliseconds, an hour at most: with each new one guessing begins anew. */
  readonly bounds: readonly (readonly [most: number, ms: number])[];
}

const LENGTH = 6;
const WRONG_MAX = 5;
export const HOUR_MS = 3_600_000;

export const codesOf = <Row extends Coded>({ rows, seal, goodMs, signs, bounds }: Kind<Row>) => ({
  /** A code, and what of its row is the same for all kinds. @throws TooManyRequestsException */
  async fresh(ctx: Context, account: string): Promise<{ readonly code: string; readonly coded: Coded }> {
    const time = ctx.now.getTime();
    const before = (await ctx.store.get(rows, [account]))?.sent ?? [];
    for (const [most, ms] of bounds) {
      if (before.filter((at) => at > time - ms).length < most) continue;
      fail(TooManyRequestsException, `At most ${most} one-time passwords can be sent in ${ms / 1000} seconds.`);
    }
    const code = Array.from(ctx.random(LENGTH), (byte) => signs[byte % signs.length]).join('');
    const sealed = ctx.secrets.seal(seal, code, ctx.random(12));
    const sent = [...before.filter((at) => at > time - HOUR_MS), time];
    return { code, coded: { account, code: sealed, wrong: 0, time, sent } };
  },
  /** Milliseconds: when it is good no more. */
  failedAt: ({ wrong, tried, time }: Row): number =>
    wrong >= WRONG_MAX && tried !== undefined ? tried : time + goodMs,
  /** @throws where it is not the code of the row, or not in time; a guess counts before it is judged */
  async requireCode(ctx: Context, { account, code }: Row, given: string): Promise<void> {
    const isGood = await ctx.beforehand(`${seal} ${account}`, async (store) => {
      const waiting = await store.get(rows, [account]);
      const time = ctx.now.getTime();
      if (!waiting || waiting.code !== code || waiting.wrong >= WRONG_MAX || time >= waiting.time + goodMs)
        return false;
      await store.replace(rows, { ...waiting, wrong: waiting.wrong + 1, tried: time });
      return true;
    });
    if (!isGood) invalid('Otp', 'The one-time password has expired.');
    const expected = ctx.secrets.open(seal, code ?? '');
    const bytes = Buffer.from(given);
    if (expected?.length === bytes.length && timingSafeEqual(expected, bytes)) return;
    invalid('Otp', 'The one-time password is not valid.');
  },
});
