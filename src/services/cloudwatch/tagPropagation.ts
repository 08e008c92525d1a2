/** Which of its tags an alarm tells along with its notifications and events. */
import type { ActionConfiguration } from '@aws-sdk/client-cloudwatch';
import type { Tag } from '../../core/operation.ts';
import type { AlarmRow } from './alarmRows.ts';
import { invalid } from './words.ts';

export function propagated({ actionConfiguration, tags }: AlarmRow): readonly Tag[] | undefined {
  const { Enabled, IncludedTagKeys, ExcludedTagKeys } = actionConfiguration?.AlarmTagsPropagation ?? {};
  if (Enabled !== true) return undefined;
  if (IncludedTagKeys) return tags.filter(({ Key }) => IncludedTagKeys.includes(Key));
  return tags.filter(({ Key }) => !ExcludedTagKeys?.includes(Key));
}

const KEYS_MAX = 50;

/** @throws ValidationFailure */
export function checkActionConfiguration(configuration: ActionConfiguration | undefined): void {
  const propagation = configuration?.AlarmTagsPropagation;
  if (!propagation) return;
  const { IncludedTagKeys, ExcludedTagKeys } = propagation;
  if (IncludedTagKeys && ExcludedTagKeys) {
    invalid('The parameters IncludedTagKeys and ExcludedTagKeys are mutually exclusive and you have specified both.');
  }
  for (const [name, keys] of Object.entries({ IncludedTagKeys, ExcludedTagKeys })) {
    if (keys && (keys.length < 1 || keys.length > KEYS_MAX)) invalid(`${name} must contain between 1 and 50 tag keys.`);
    if (keys?.some((key) => key.length < 1 || key.length > 128)) invalid(`${name} has a tag key of an invalid length.`);
  }
}
