/** Sends letters out, through the operator's SMTP server. */
import { type Outside, pauseOf, type Task, type TaskHandler } from '../core/tasks.ts';
import { letterIn, MAIL, type Sealed } from '../identity/letters.ts';

const TRIES_MAX = 12;
const PATIENCE_MS = 15_000;

export const mailTask: TaskHandler<Sealed> = {
  kind: MAIL,
  principal: 'signin.amazonaws.com',
  reach: sendOut,
  settle: async () => undefined,
  failed: async ({ attempt }) => (attempt < TRIES_MAX ? pauseOf(attempt) : undefined),
};

async function sendOut({ body }: Task<Sealed>, { settings, secrets }: Outside): Promise<void> {
  const letter = letterIn(secrets, body.sealed);
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
