/** Mail, through the SMTP server that the operator names. */
import { sendMail } from '../../core/smtp.ts';
import type { Outcome } from './deliveries.ts';
import type { Parcel } from './envelopes.ts';
import type { Protocol } from './topicRows.ts';

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

const SUBJECTS = {
  Notification: 'AWS Notification Message',
  SubscriptionConfirmation: 'AWS Notification - Subscription Confirmation',
  UnsubscribeConfirmation: 'AWS Notification - Unsubscribe Confirmation',
} as const;

/** What stands in the mail. */
export function mailOf(protocol: Protocol, { type, envelope, text, subject, url }: Parcel): Mail {
  const title = subject ?? SUBJECTS[type];
  if (protocol === 'email-json') return { subject: title, text: envelope };
  if (type !== 'Notification') return { subject: title, text: `${text}\n\nConfirm: ${url}\n` };
  return {
    subject: title,
    text: `${text}\n\n--\nIf you wish to stop receiving notifications from this topic, please visit:\n${url}\n`,
  };
}

const NAME = 'AWS Notifications';
const FROM = 'no-reply@sns.amazonaws.com';

/** A server that refuses the address for good (5xx) is not asked again. */
export async function mail(
  server: string,
  { to, sender, subject, text }: Mail & { to: string; sender: string },
): Promise<Outcome> {
  try {
    await sendMail(server, { from: { name: sender || NAME, address: FROM }, to, subject, text });
    return { delivered: true };
  } catch (error) {
    const { responseCode = 0, code } = error as { responseCode?: number; code?: string };
    return { delivered: false, again: responseCode < 500, silent: code === 'ETIMEDOUT' };
  }
}
