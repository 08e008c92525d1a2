/** Sends letters out, through the operator's SMTP server. */
import { sendMail } from '../core/smtp.ts';
import type { Outside, Task } from '../core/tasks.ts';
import { letterIn, type Sealed } from '../identity/letters.ts';

const FROM = { name: 'Gatehouse', address: 'no-reply@signin.aws' };

export async function sendOut({ body }: Task<Sealed>, { settings, secrets }: Outside): Promise<void> {
  const letter = letterIn(secrets, body.sealed);
  if (letter && settings.smtp !== undefined) await sendMail(settings.smtp, { from: FROM, ...letter });
}
