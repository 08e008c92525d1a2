/**
 * Settings of the notices before certificates expire. The service has settings of its own for both events, which those
 * of a trust anchor stand before.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/customize-notification-settings.html
 */
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { refuse } from './errors.ts';
import { STANDARD, settingOf } from './expiry.ts';
import { scheduled } from './notices.ts';
import { accessTo, changed, find } from './resources.ts';
import { type NotificationEvent, type NotificationSetting, type TrustAnchor, trustAnchors } from './rows.ts';
import { trustAnchorView } from './trustAnchors.ts';
import type * as t from './types.ts';

const EVENTS: readonly NotificationEvent[] = ['CA_CERTIFICATE_EXPIRY', 'END_ENTITY_CERTIFICATE_EXPIRY'];

export const settingsView = (own: readonly NotificationSetting[], account: string): t.NotificationSettingDetail[] =>
  EVENTS.map((event) => {
    const { enabled, threshold } = settingOf(event, own);
    const by = own.some((each) => each.event === event);
    return {
      enabled,
      event,
      threshold,
      channel: 'ALL',
      configuredBy: by ? account : 'rolesanywhere.amazonaws.com',
    };
  });

/** `own` with those of a request put over them. */
export function acceptedSettings(
  own: readonly NotificationSetting[],
  given: readonly t.NotificationSetting[],
): readonly NotificationSetting[] {
  const events = given.map(({ event }) => event!);
  if (new Set(events).size < events.length) refuse('Duplicate notification settings are not allowed.');
  const changes = given.map(({ event, enabled, threshold }) => ({
    event: event!,
    enabled: enabled!,
    threshold: threshold ?? STANDARD.threshold,
  }));
  return [...own.filter(({ event }) => !events.includes(event)), ...changes];
}

const load = ({ trustAnchorId }: { trustAnchorId: string }, ctx: Context) =>
  find(ctx, 'trust-anchor', trustAnchors, trustAnchorId);

export const PutNotificationSettings: Operation<
  Present<t.PutNotificationSettingsRequest>,
  t.PutNotificationSettingsResponse,
  TrustAnchor
> = {
  load,
  access: (_input, _ctx, anchor) => accessTo('trust-anchor', anchor),
  async run({ notificationSettings }, ctx, anchor) {
    return set(ctx, anchor, acceptedSettings(anchor.notifications, notificationSettings));
  },
};

export const ResetNotificationSettings: Operation<
  Present<t.ResetNotificationSettingsRequest>,
  t.ResetNotificationSettingsResponse,
  TrustAnchor
> = {
  load,
  access: (_input, _ctx, anchor) => accessTo('trust-anchor', anchor),
  async run({ notificationSettingKeys }, ctx, anchor) {
    const reset = new Set(notificationSettingKeys.map(({ event }) => event));
    return set(
      ctx,
      anchor,
      anchor.notifications.filter(({ event }) => !reset.has(event)),
    );
  },
};

async function set(ctx: Context, anchor: TrustAnchor, notifications: readonly NotificationSetting[]) {
  const next = scheduled({ ...anchor, notifications });
  return { trustAnchor: trustAnchorView(await changed(ctx, trustAnchors, anchor, next)) };
}
