/** Tags of alarms, mute rules, insight rules, dashboards and metric streams, by ARN. */
import {
  type ListTagsForResourceInput,
  type ListTagsForResourceOutput,
  ResourceNotFoundException,
  type TagResourceInput,
  type UntagResourceInput,
} from '@aws-sdk/client-cloudwatch';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { changeInsightRule, insightRules } from '../../core/contributions.ts';
import { awsError } from '../../core/errors.ts';
import { Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { requestTagKeys, requestTags, withoutTags, withTags } from '../../core/tags.ts';
import { checkTags } from './alarmChecks.ts';
import { alarms } from './alarmRows.ts';
import { dashboards } from './dashboards.ts';
import { changeMetricStream, metricStreams } from './metricStreamRows.ts';
import { muteRules } from './mutes.ts';
import { invalidValue } from './words.ts';

interface Tagged {
  readonly arn: string;
  readonly tags: readonly Tag[];
  readonly write: (tags: readonly Tag[]) => Promise<void>;
}

/** Of the caller's own account; the ARN of another account's leads nowhere. */
async function load(arn: string, ctx: Context): Promise<Tagged | Missing> {
  const parsed = parseArn(arn);
  const nothing = new Missing(
    arn,
    awsError(ResourceNotFoundException, `Unknown resource: ${arn}`, { ResourceId: arn }),
  );
  if (parsed?.service !== 'cloudwatch') return new Missing(arn, badArn(arn));
  const { account, region, resource } = parsed;
  if (account !== ctx.account) return nothing;
  const { store } = ctx;
  const [, kind, name] = /^(alarm|alarm-mute-rule|dashboard|insight-rule|metric-stream)[:/](.+)$/s.exec(resource) ?? [];
  if (kind === 'alarm') {
    const row = await store.get(alarms, [account, region, name!]);
    return row ? { arn, tags: row.tags, write: (tags) => store.replace(alarms, { ...row, tags }) } : nothing;
  }
  if (kind === 'alarm-mute-rule') {
    const row = await store.get(muteRules, [account, region, name!]);
    return row ? { arn, tags: row.tags, write: (tags) => store.replace(muteRules, { ...row, tags }) } : nothing;
  }
  if (kind === 'insight-rule') {
    const row = await store.get(insightRules, [account, region, name!]);
    return row ? { arn, tags: row.tags, write: (tags) => changeInsightRule(store, row, { ...row, tags }) } : nothing;
  }
  if (kind === 'metric-stream') {
    const row = await store.get(metricStreams, [account, region, name!]);
    return row ? { arn, tags: row.tags, write: (tags) => changeMetricStream(store, row, { ...row, tags }) } : nothing;
  }
  const row = kind === 'dashboard' ? await store.get(dashboards, [account, name!]) : undefined;
  return row ? { arn, tags: row.tags, write: (tags) => store.replace(dashboards, { ...row, tags }) } : nothing;
}

function badArn(arn: string): Error {
  try {
    return invalidValue(`The value ${arn} for parameter ResourceARN is invalid.`);
  } catch (error) {
    return error as Error;
  }
}

export const TagResource: Operation<Present<TagResourceInput>, object, Tagged> = {
  load: (input, ctx) => load(input.ResourceARN, ctx),
  access: (input, _ctx, { arn, tags }) => ({ resource: arn, resourceTags: tags, conditions: requestTags(input.Tags) }),
  async run(input, _ctx, { tags, write }) {
    const given = checkTags(input.Tags);
    await write(checkTags([...withTags(tags, given)]));
    return {};
  },
};

export const UntagResource: Operation<Present<UntagResourceInput>, object, Tagged> = {
  load: (input, ctx) => load(input.ResourceARN, ctx),
  access: (input, _ctx, { arn, tags }) => ({
    resource: arn,
    resourceTags: tags,
    conditions: requestTagKeys(input.TagKeys),
  }),
  async run(input, _ctx, { tags, write }) {
    await write(withoutTags(tags, input.TagKeys));
    return {};
  },
};

export const ListTagsForResource: Operation<Present<ListTagsForResourceInput>, ListTagsForResourceOutput, Tagged> = {
  load: (input, ctx) => load(input.ResourceARN, ctx),
  access: (_input, _ctx, { arn, tags }) => ({ resource: arn, resourceTags: tags }),
  run: async (_input, _ctx, { tags }) => ({ Tags: [...tags] }),
};
