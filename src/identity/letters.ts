/**
 * Letters to people whom the plane lets in: through the SMTP server that the operator names, else into an outbox, where
 * they lie sealed for a day and may be read by whoever could set a password anyway. A link in one is as good as a
 * password until it is used.
 */
import type { Context } from '../core/context.ts';
import { timeUuid } from '../core/ids.ts';
import { later } from '../core/tasks.ts';
import { table } from '../store/store.ts';

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

interface KeptLetter {
  readonly account: string;
  /** In time's order. */
  readonly id: string;
  /** Milliseconds. */
  readonly time: number;
  /** To the root user of the account. */
  readonly root: boolean;
  /** A letter, for the purpose `signin-mail`. */
  readonly sealed: string;
}

const letters = table<KeptLetter>('signin_letter', { key: ({ account, id }) => [account, id] });

const PURPOSE = 'signin-mail';
const KEPT_MS = 86_400_000;
const SHOWN_MAX = 100;
const MAIL = 'signin.mail';

/** A task's body. */
export interface Sealed {
  readonly sealed: string;
}

/** Owes a letter to be sent in the name of an account: to somebody of its directory, or to its root user. */
export async function send(ctx: Context, account: string, letter: Letter, to: 'person' | 'root'): Promise<void> {
  const sealed = ctx.secrets.seal(PURPOSE, JSON.stringify(letter), ctx.random(12));
  if (ctx.settings.smtp !== undefined) {
    await later<Sealed>(ctx, { kind: MAIL, account, body: { sealed } });
    return;
  }
  const time = ctx.now.getTime();
  const { rows } = await ctx.store.list(letters, [account], { limit: 5, unchecked: true });
  for (const { id, time: kept } of rows) if (kept + KEPT_MS < time) await ctx.store.remove(letters, [account, id]);
  await ctx.store.insert(letters, { account, id: timeUuid(ctx.now, ctx), time, root: to === 'root', sealed });
}

interface Reader extends Pick<Context, 'store' | 'secrets' | 'now'> {
  /** May read what is for the root user, too. */
  readonly root: boolean;
}

/** What lies in the outbox of an account, oldest first. */
export async function lettersOf({ store, secrets, now, root }: Reader, account: string): Promise<readonly Letter[]> {
  const { rows } = await store.list(letters, [account], { limit: SHOWN_MAX });
  const open = rows.filter((row) => (root || !row.root) && row.time + KEPT_MS > now.getTime());
  return open.flatMap(({ sealed }) => letterIn(secrets, sealed) ?? []);
}

export function letterIn(secrets: Context['secrets'], sealed: string): Letter | undefined {
  const text = secrets.open(PURPOSE, sealed);
  return text && (JSON.parse(text.toString('utf8')) as Letter);
}
