/**
 * When notices of expiring certificates are due: each day from the threshold on; of an authority until two weeks after
 * it expired, of what it issued until it expires.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/customize-notification-settings.html#notification-evaluation
 */
import type { NotificationEvent, NotificationSetting, TrustAnchor } from './rows.ts';

const DAY_MS = 86_400_000;
/** In the absence of settings of one's own. */
export const STANDARD = { enabled: true, threshold: 45 } as const;

const AFTERWARDS_MS: Readonly<Record<NotificationEvent, number>> = {
  CA_CERTIFICATE_EXPIRY: 14 * DAY_MS,
  END_ENTITY_CERTIFICATE_EXPIRY: 0,
};

interface Expiring {
  /** Milliseconds. */
  readonly notAfter: number;
}

export const settingOf = (
  event: NotificationEvent,
  own: readonly NotificationSetting[],
): Pick<NotificationSetting, 'enabled' | 'threshold'> => own.find((each) => each.event === event) ?? STANDARD;

/** Whole days; negative when it has expired. */
export const daysToExpiry = ({ notAfter }: Expiring, now: number) => Math.floor((notAfter - now) / DAY_MS);

/** Whether notices of it are given at this time. */
export function isNoticeable(
  { notAfter }: Expiring,
  event: NotificationEvent,
  own: readonly NotificationSetting[],
  now: number,
): boolean {
  const { enabled, threshold } = settingOf(event, own);
  return enabled && notAfter - threshold * DAY_MS <= now && now <= notAfter + AFTERWARDS_MS[event];
}

/** The next moment, in milliseconds, at which notices of a trust anchor are due; undefined: never. */
export function dueOf(
  authorities: readonly Expiring[],
  { notifications, noticed }: Pick<TrustAnchor, 'notifications' | 'noticed'>,
): number | undefined {
  const { enabled, threshold } = settingOf('CA_CERTIFICATE_EXPIRY', notifications);
  if (!enabled) return undefined;
  const earliest = noticed === undefined ? 0 : noticed + DAY_MS;
  const moments = authorities
    .map(({ notAfter }) => ({ notAfter, from: Math.max(earliest, notAfter - threshold * DAY_MS) }))
    .filter(({ notAfter, from }) => from <= notAfter + AFTERWARDS_MS.CA_CERTIFICATE_EXPIRY);
  return moments.length === 0 ? undefined : Math.min(...moments.map(({ from }) => from));
}
