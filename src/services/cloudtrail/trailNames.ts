/**
 * What requests call a trail: its name, in its home Region, or its ARN, anywhere.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
 */
import {
  CloudTrailARNInvalidException,
  InvalidHomeRegionException,
  InvalidTrailNameException,
  TrailNotFoundException,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing } from '../../core/operation.ts';
import { organizationIdOf } from '../../identity/organization.ts';
import { requireSteward } from './organizationTrails.ts';
import { type Trail, trailArn, trails } from './trailRows.ts';

const NAME_MIN = 3;
const NAME_MAX = 128;

interface Rule {
  readonly broken: (name: string) => boolean;
  readonly sentence: (name: string) => string;
}

const RULES: readonly Rule[] = [
  { broken: (name) => name.trim() === '', sentence: () => 'Trail name cannot be blank!' },
  {
    broken: ({ length }) => length < NAME_MIN,
    sentence: ({ length }) =>
      `Trail name too short. Minimum allowed length: ${NAME_MIN} characters. Specified name length: ${length} characters.`,
  },
  {
    broken: ({ length }) => length > NAME_MAX,
    sentence: ({ length }) =>
      `Trail name too long. Maximum allowed length: ${NAME_MAX} characters. Specified name length: ${length} characters.`,
  },
  {
    broken: (name) => !/^[A-Za-z0-9]/.test(name),
    sentence: () => 'Trail name must starts with a letter or number.',
  },
  {
    broken: (name) => !/[A-Za-z0-9]$/.test(name),
    sentence: () => 'Trail name must ends with a letter or number.',
  },
  {
    broken: (name) => !/^[A-Za-z0-9._-]+$/.test(name),
    sentence: () =>
      'Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).',
  },
  {
    broken: (name) => /[._-]{2}/.test(name),
    sentence: () => 'Trail name cannot have adjacent periods, underscores, or dashes.',
  },
  {
    broken: (name) => /^\d{1,3}(\.\d{1,3}){3}$/.test(name),
    sentence: () => 'Trail name cannot be in IP address format.',
  },
];

const nameFault = (name: string): string | undefined => RULES.find(({ broken }) => broken(name))?.sentence(name);

/** Throws what AWS says of a name that no trail can have. */
export function requireTrailName(name: string): void {
  const fault = nameFault(name);
  if (fault !== undefined) fail(InvalidTrailNameException, fault);
}

type Place = Pick<Trail, 'account' | 'region' | 'name'>;

/** Where a trail of that name or ARN would be. */
function placeOf(ctx: Context, text: string): Place | Missing {
  if (!text.startsWith('arn:')) {
    return isWrong(text) ?? { account: ctx.account, region: ctx.region, name: text };
  }
  const [, region, account, name] = /^arn:[\w-]+:cloudtrail:([a-z0-9-]+):(\d{12}):trail\/(.+)$/.exec(text) ?? [];
  if (!region || !account || !name) {
    return new Missing('*', awsError(CloudTrailARNInvalidException, `Invalid trail ARN: ${text}`));
  }
  return isWrong(name) ?? { account, region, name };
}

function isWrong(name: string): Missing | undefined {
  const fault = nameFault(name);
  return fault === undefined ? undefined : new Missing('*', awsError(InvalidTrailNameException, fault));
}

const unknown = (ctx: Context, place: Place) =>
  awsError(TrailNotFoundException, `Unknown trail: ${trailArn(place)} for the user: ${ctx.account}`);

/** A trail that the caller's account may see: its own, and its organization's. */
export async function findTrail(ctx: Context, text: string): Promise<Trail | Missing> {
  const place = placeOf(ctx, text);
  if (place instanceof Missing) return place;
  const trail = await ctx.store.get(trails, [place.account, place.region, place.name]);
  if (trail && (await isVisible(ctx, trail))) return trail;
  return new Missing(trailArn({ ...place, account: ctx.account }), unknown(ctx, place));
}

async function isVisible(ctx: Context, trail: Trail): Promise<boolean> {
  if (!trail.multiRegion && trail.region !== ctx.region) return false;
  if (trail.account === ctx.account) return true;
  return trail.organization !== undefined && trail.organization === (await organizationIdOf(ctx.store, ctx.account));
}

/** Permission on a trail. An organization's trail is copied into each member account: permission is asked there. */
export const trailAccess = (ctx: Context, trail: Trail): Access => ({
  resource: trailArn(trail),
  resourceAccount: ctx.account,
  resourceTags: trail.tags,
});

/** Only in its home Region, and of an organization's trail only by those who run it. */
export async function requireHome(ctx: Context, trail: Trail): Promise<void> {
  if (trail.region !== ctx.region) {
    const sentence = `The trail ${trailArn(trail)} can only be changed in its home Region, ${trail.region}.`;
    fail(InvalidHomeRegionException, sentence);
  }
  if (trail.organization !== undefined) await requireSteward(ctx, trail.organization);
}
