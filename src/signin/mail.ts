/**
 * Letters to people: through the SMTP server that the operator names, else into an outbox, where they lie sealed for a
 * day and the operator may read them. A link in one is as good as a password until it is used.
 */
import type { Context } from '../core/context.ts';
import { timeUuid } from '../core/ids.ts';
import { later, type Outside, pauseOf, type Task, type TaskHandler } from '../core/tasks.ts';
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
  /** A letter, for the purpose `signin-mail`. */
  readonly sealed: string;
}

export const letters = table<KeptLetter>('signin_letter', { key: ({ account, id }) => [account, id] });

const PURPOSE = 'signin-mail';
const KEPT_MS = 86_400_000;
const TRIES_MAX = 12;
const PATIENCE_MS = 15_000;

interface Body {
  readonly sealed: string;
}

/** Owes a letter to be sent in the name of an account. */
export async function send(ctx: Context, account: string, letter: Letter): Promise<void> {
  const sealed = ctx.secrets.seal(PURPOSE, JSON.stringify(letter), ctx.random(12));
  if (ctx.settings.smtp !== undefined) {
    await later<Body>(ctx, { kind: 'signin.mail', account, body: { sealed } });
    return;
  }
  const time = ctx.now.getTime();
  const { rows } = await ctx.store.list(letters, [account], { limit: 5, unchecked: true });
  for (const { id, time: kept } of rows) if (kept + KEPT_MS < time) await ctx.store.remove(letters, [account, id]);
  await ctx.store.insert(letters, { account, id: timeUuid(ctx.now, ctx), time, sealed });
}

/** What lies in the outbox of an account, oldest first. */
export async function lettersOf(ctx: Pick<Context, 'store' | 'secrets'>, account: string): Promise<Letter[]> {
  const { rows } = await ctx.store.list(letters, [account], { limit: 100 });
  return rows.flatMap(({ sealed }) => openedBy(ctx.secrets, sealed) ?? []);
}

function openedBy(secrets: Context['secrets'], sealed: string): Letter | undefined {
  const text = secrets.open(PURPOSE, sealed);
  return text && (JSON.parse(text.toString('utf8')) as Letter);
}

export const mailTask: TaskHandler<Body> = {
  kind: 'signin.mail',
  principal: 'signin.amazonaws.com',
  reach: sendOut,
  settle: async () => undefined,
  failed: async ({ attempt }) => (attempt < TRIES_MAX ? pauseOf(attempt) : undefined),
};

async function sendOut({ body }: Task<Body>, { settings, secrets }: Outside): Promise<void> {
  const letter = openedBy(secrets, body.sealed);
  if (!letter || settings.smtp === undefined) return;
  const { createTransport } = await import('nodemailer');
  const times = { connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS };
  const transport = createTransport({ url: settings.smtp, ...times, disableFileAccess: true, disableUrlAccess: true });
  try {
    await transport.sendMail({ from: { name: 'Gatehouse', address: 'no-reply@signin.aws' }, ...letter });
  } finally {
    transport.close();
  }
}
