/** What a subject is remembered by: when it was here, with which certificates, from which instances. */
import type { Context } from '../../core/context.ts';
import { type Certificate, issuerText, pemOf, subjectText } from './certificates.ts';
import { newRow } from './resources.ts';
import { arnOf, type Subject, subjects, type TrustAnchor } from './rows.ts';

const KEPT = 10;

interface Sighting {
  readonly anchor: TrustAnchor;
  readonly certificate: Certificate;
}

/** Keeps it, and says the subject's ARN. `failed`: a trusted certificate that got no session. */
export async function sighted(
  ctx: Context,
  { anchor, certificate }: Sighting,
  properties: Readonly<Record<string, string>> | undefined,
  failed: boolean,
): Promise<string> {
  const { account, region } = anchor;
  const seenAt = ctx.now.toISOString();
  const x509Subject = subjectText(certificate);
  const known = (await ctx.store.list(subjects, [account, region, x509Subject], { limit: 1, index: 'name' })).rows[0];
  const before = known ?? begun({ ...ctx, account, region }, x509Subject);
  const serialNumber = certificate.serial.toString();
  const issuer = issuerText(certificate);
  const credential = { seenAt, serialNumber, issuer, certificate: pemOf(certificate.der), failed };
  const others = before.credentials.filter((each) => each.serialNumber !== serialNumber || each.issuer !== issuer);
  const text = JSON.stringify(properties ?? {});
  const elsewhere = before.instances.filter((each) => JSON.stringify(each.properties) !== text);
  const subject: Subject = {
    ...before,
    lastSeen: seenAt,
    updated: seenAt,
    credentials: [credential, ...others].slice(0, KEPT),
    instances:
      text === '{}' ? before.instances : [{ seenAt, properties: properties!, failed }, ...elsewhere].slice(0, KEPT),
  };
  await ctx.store.replace(subjects, subject);
  return arnOf('subject', subject);
}

const begun = (ctx: Context, x509Subject: string): Subject => ({
  ...newRow(ctx),
  enabled: true,
  tags: [],
  x509Subject,
  lastSeen: ctx.now.toISOString(),
  credentials: [],
  instances: [],
});
