/** Sends letters out, through the operator's SMTP server. */
import type { Outside, Task } from '../core/tasks.ts';
import { letterIn, type Sealed } from '../identity/letters.ts';

const PATIENCE_MS = 15_000;

export async function sendOut({ body }: Task<Sealed>, { settings, secrets }: Outside): Promise<void> {
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
