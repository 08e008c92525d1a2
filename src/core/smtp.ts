/** Mail through the SMTP server that the operator names. What speaks the protocol is loaded with the first letter. */

export interface Post {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const PATIENCE_MS = 15_000;

/** `server`: `smtp://USER:PASSWORD@HOST:PORT`. Throws when the server does not take it; `responseCode` is its answer. */
export async function sendMail(server: string, { from, to, subject, text }: Post): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const times = { connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS };
  const transport = createTransport({ url: server, ...times, disableFileAccess: true, disableUrlAccess: true });
  try {
    await transport.sendMail({ from, to, subject, text });
  } finally {
    transport.close();
  }
}
