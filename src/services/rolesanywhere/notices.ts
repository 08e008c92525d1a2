/**
 * Notices that certificates expire: events of EventBridge, and of authorities the metric DaysToExpiry.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/monitoring-events.html
 */
import type { Context } from '../../core/context.ts';
import { emit } from '../../core/events.ts';
import { byExpiry, forgetExpired } from '../../core/expiring.ts';
import { metrics } from '../../core/metrics.ts';
import { table } from '../../store/store.ts';
import { type Certificate, certificatesIn, issuerText, serialHex } from './certificates.ts';
import { daysToExpiry, dueOf, isNoticeable } from './expiry.ts';
import { arnOf, type TrustAnchor, trustAnchors } from './rows.ts';

export type Around = Pick<Context, 'store' | 'now' | 'random'>;

/** The anchor with the moment at which notices are due next. */
export const scheduled = (anchor: TrustAnchor): TrustAnchor => ({
  ...anchor,
  noticeDue: dueOf(certificatesIn(anchor.bundle), anchor),
});

/** Of an anchor whose notices are due: once for each of its certificates, and not again before tomorrow. */
export async function noticeOf(around: Around, anchor: TrustAnchor): Promise<void> {
  const now = around.now.getTime();
  const expiring = certificatesIn(anchor.bundle).filter((each) =>
    isNoticeable(each, 'CA_CERTIFICATE_EXPIRY', anchor.notifications, now),
  );
  for (const each of expiring) tell(around, anchor, each, [arnOf('trust-anchor', anchor)]);
  const days = Math.min(...expiring.map((each) => daysToExpiry(each, now)));
  if (expiring.length > 0 && days >= 0) {
    metrics(
      { ...around, account: anchor.account, region: anchor.region },
      {
        namespace: 'AWS/RolesAnywhere',
        dimensions: { TrustAnchorArn: arnOf('trust-anchor', anchor) },
        points: [{ name: 'DaysToExpiry', value: days, unit: 'None' }],
      },
    );
  }
  await around.store.replace(trustAnchors, scheduled({ ...anchor, noticed: now }));
}

function tell(
  around: Around,
  { account, region }: TrustAnchor,
  certificate: Certificate,
  resources: readonly string[],
) {
  emit(
    { ...around, account, region },
    {
      source: 'aws.rolesanywhere',
      detailType: 'Roles Anywhere Certificate Expiration State Change',
      resources,
      detail: {
        'certificate-serial-number': serialText(certificate),
        'days-to-expiry': daysToExpiry(certificate, around.now.getTime()),
        issuer: issuerText(certificate),
      },
    },
  );
}

/** The bytes of the number as it is in the certificate: none that would be negative. */
function serialText(certificate: Certificate): string {
  const hex = serialHex(certificate).toUpperCase();
  return /^[89A-F]/.test(hex) ? `00${hex}` : hex;
}

/** That somebody was told of a certificate, so that it happens once a day. */
interface Noticed {
  readonly account: string;
  readonly region: string;
  readonly issuer: string;
  readonly serial: string;
  /** Milliseconds. */
  readonly at: number;
  readonly expires: number;
}

const noticedCertificates = table<Noticed>('rolesanywhere_noticed', {
  key: ({ account, region, issuer, serial }) => [account, region, issuer, serial],
  indexes: { expires: byExpiry },
});

const DAY_MS = 86_400_000;

/** Of the certificates by which somebody got a session: at most once a day for each. */
export async function noticeOfUse(around: Around, anchor: TrustAnchor, path: readonly Certificate[]): Promise<void> {
  const now = around.now.getTime();
  for (const each of path) {
    if (!isNoticeable(each, 'END_ENTITY_CERTIFICATE_EXPIRY', anchor.notifications, now)) continue;
    const { account, region } = anchor;
    const row = {
      account,
      region,
      issuer: issuerText(each),
      serial: serialText(each),
      at: now,
      expires: each.notAfter,
    };
    const before = await around.store.get(noticedCertificates, [account, region, row.issuer, row.serial]);
    if (before && now - before.at < DAY_MS) continue;
    await forgetExpired(around, noticedCertificates);
    await around.store.replace(noticedCertificates, row);
    tell(around, anchor, each, []);
  }
}
