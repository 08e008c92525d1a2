/** Trails: what is logged to where. Made, changed and deleted in their home Region. */
import {
  type CreateTrailRequest,
  type CreateTrailResponse,
  type DeleteTrailRequest,
  type DeleteTrailResponse,
  InvalidParameterCombinationException,
  InvalidS3PrefixException,
  InvalidSnsTopicNameException,
  MaximumNumberOfTrailsExceededException,
  TrailAlreadyExistsException,
  type UpdateTrailRequest,
  type UpdateTrailResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { passRole } from '../../identity/passRole.ts';
import { forgetStatuses } from './deliveryStatuses.ts';
import { tryBucket, tryKey, tryLogGroup, tryTopic } from './destinations.ts';
import { beginDigests } from './digests.ts';
import { ensureServiceLinkedRole, requireOrganization, SERVICE } from './organizationTrails.ts';
import { fullRegion } from './regionQuotas.ts';
import { newTags } from './tagging.ts';
import { findTrail, requireHome, requireTrailName, trailAccess } from './trailNames.ts';
import { partedTrails, type Trail, trailArn, trailKey, trails } from './trailRows.ts';
import { settingsView } from './trailViews.ts';
import { writeWishes } from './wishes.ts';

const TRAILS_A_REGION = 5;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html */
export const CreateTrail: Operation<Present<CreateTrailRequest>, CreateTrailResponse> = {
  access: (input, ctx) => [
    { resource: trailArn({ ...ctx, name: input.Name }), conditions: requestTags(input.TagsList) },
    ...roleAccess(input),
  ],
  async run(input, ctx) {
    requireTrailName(input.Name);
    const tags = newTags([], input.TagsList ?? []);
    const organization = input.IsOrganizationTrail ? await requireOrganization(ctx) : undefined;
    const account = organization?.management ?? ctx.account;
    const place = { account, region: ctx.region, name: input.Name };
    if (await ctx.store.get(trails, trailKey(place))) {
      fail(TrailAlreadyExistsException, `Trail ${input.Name} already exists for customer: ${account}`);
    }
    await requireRoom(ctx, { ...place, multiRegion: input.IsMultiRegionTrail ?? false });
    if (organization) await ensureServiceLinkedRole(ctx, account);
    const blank: Trail = { ...place, bucket: '', globalEvents: true, multiRegion: false, tags, logging: false };
    const trail = await settled(ctx, blank, { ...input, organization: organization?.id });
    await ctx.store.insert(trails, trail);
    await forgetStatuses(ctx, trail);
    return settingsView(trail);
  },
};

async function requireRoom(ctx: Context, trail: Pick<Trail, 'account' | 'region' | 'multiRegion'>): Promise<void> {
  const max = quota(ctx, 'TrailsPerRegion', TRAILS_A_REGION);
  const full = await fullRegion(ctx, trails, trail, max);
  if (full === undefined) return;
  fail(MaximumNumberOfTrailsExceededException, `User: ${trail.account} already has ${max} trails in ${full}.`);
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html */
export const UpdateTrail: Operation<Present<UpdateTrailRequest>, UpdateTrailResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.Name),
  access: (input, ctx, trail) => [trailAccess(ctx, trail), ...roleAccess(input)],
  async run(input, ctx, before) {
    await requireHome(ctx, before);
    const organization = await organizationAfter(ctx, before, input.IsOrganizationTrail);
    const trail = await settled(ctx, before, { ...input, organization });
    await ctx.store.replace(trails, trail);
    await writeWishes(ctx, before, trail);
    return settingsView(trail);
  },
};

/** Only the management account turns its trail into one of the organization, or back. */
async function organizationAfter(ctx: Context, before: Trail, wanted: boolean | undefined) {
  if (wanted === undefined || wanted === (before.organization !== undefined)) return before.organization;
  const organization = await requireOrganization(ctx);
  if (organization.management !== ctx.account) {
    const sentence = 'Only the management account can convert a trail to or from an organization trail.';
    fail(InvalidParameterCombinationException, sentence);
  }
  if (!wanted) return undefined;
  await ensureServiceLinkedRole(ctx, ctx.account);
  return organization.id;
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteTrail.html */
export const DeleteTrail: Operation<Present<DeleteTrailRequest>, DeleteTrailResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.Name),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(_input, ctx, trail) {
    await requireHome(ctx, trail);
    await ctx.store.remove(trails, trailKey(trail));
    const parted = { ...trail, logging: false, draining: true };
    if (trail.logging) await ctx.store.replace(partedTrails, { ...parted, stopped: ctx.now.getTime(), id: uuid(ctx) });
    else if (trail.draining) await ctx.store.replace(partedTrails, { ...parted, id: uuid(ctx) });
    await writeWishes(ctx, trail);
    return {};
  },
};

const roleAccess = (input: { CloudWatchLogsRoleArn?: string | undefined }): readonly Access[] =>
  input.CloudWatchLogsRoleArn ? [passRole(input.CloudWatchLogsRoleArn, SERVICE)] : [];

type Wanted = Omit<UpdateTrailRequest, 'Name' | 'IsOrganizationTrail'> & { readonly organization: string | undefined };

/** The trail with what the request wants, all its destinations tried. An empty text takes a setting away. */
async function settled(ctx: Context, before: Trail, wanted: Wanted): Promise<Trail> {
  const draft: Trail = {
    ...before,
    bucket: wanted.S3BucketName ?? before.bucket,
    prefix: given(wanted.S3KeyPrefix, before.prefix),
    topic: wanted.SnsTopicName === undefined ? before.topic : topicArn(ctx, wanted.SnsTopicName),
    logGroup: given(wanted.CloudWatchLogsLogGroupArn, before.logGroup),
    logRole: given(wanted.CloudWatchLogsRoleArn, before.logRole),
    key: given(wanted.KmsKeyId, before.key),
    globalEvents: wanted.IncludeGlobalServiceEvents ?? before.globalEvents,
    multiRegion: wanted.IsMultiRegionTrail ?? before.multiRegion,
    organization: wanted.organization,
  };
  if ((draft.prefix?.length ?? 0) > 200) {
    fail(InvalidS3PrefixException, 'S3 prefix is longer than maximum length of 200 characters.');
  }
  if (draft.multiRegion && !draft.globalEvents) {
    fail(InvalidParameterCombinationException, 'Multi-Region trail must include global service events.');
  }
  const validated = withValidation(ctx, draft, wanted.EnableLogFileValidation);
  const key = draft.key === undefined ? undefined : await tryKey(ctx, draft, draft.key);
  const trail = pruned({ ...validated, key });
  await tryBucket(ctx, trail, ['CloudTrail', ...(trail.validation === undefined ? [] : ['CloudTrail-Digest'])]);
  if (trail.topic !== undefined && trail.topic !== before.topic) await tryTopic(ctx, trail);
  if (trail.logGroup !== before.logGroup || trail.logRole !== before.logRole) await tryLogs(ctx, trail);
  if (trail.logging && trail.validation !== before.validation) await beginDigests(ctx, trail);
  return trail;
}

const tryLogs = async (ctx: Context, trail: Trail): Promise<void> => {
  if (trail.logGroup !== undefined || trail.logRole !== undefined) await tryLogGroup(ctx, trail);
};

function withValidation(ctx: Context, trail: Trail, wanted: boolean | undefined): Trail {
  if (wanted === undefined || wanted === (trail.validation !== undefined)) return trail;
  return { ...trail, validation: wanted ? ctx.now.getTime() : undefined };
}

const given = (wanted: string | undefined, before: string | undefined) => (wanted ?? before) || undefined;

function topicArn(ctx: Context, name: string): string | undefined {
  if (name === '') return undefined;
  if (/^arn:[\w-]+:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(name)) return name;
  if (!/^[\w-]{1,256}$/.test(name)) fail(InvalidSnsTopicNameException, `Invalid SNS topic name: ${name}`);
  return `arn:aws:sns:${ctx.region}:${ctx.account}:${name}`;
}

/** Without the members that are undefined: a row is what is in it. */
const pruned = (trail: Trail): Trail =>
  Object.fromEntries(Object.entries(trail).filter(([, value]) => value !== undefined)) as unknown as Trail;
