/**
 * Request metrics, Intelligent-Tiering and storage class analysis are set by the same four operations under other
 * names. Each is a list among the bucket's settings, by id.
 */
import type { Context } from '../../core/context.ts';
import { requireTags } from './bucketTags.ts';
import {
  configurationIn,
  configurationPages,
  tokenAsked,
  withConfiguration,
  withoutConfiguration,
} from './configurations.ts';
import { s3Error } from './errors.ts';
import { onBucket } from './onBucket.ts';
import { type BucketSettings, changeSettings } from './settings.ts';

type Setting = 'analytics' | 'metrics' | 'tiering';
type Row<S extends Setting> = NonNullable<BucketSettings[S]>[number];

interface Kind<S extends Setting, Member extends string, C> {
  /** Where the list is. */
  readonly setting: S;
  /** What bodies and answers call one: `MetricsConfiguration`. Actions are `s3:Get` and `s3:Put` with it. */
  readonly member: Member;
  /** Throws where it is none that can be. */
  readonly require: (configuration: C) => void;
  /** What is kept of one, and told again; the configuration itself when absent. */
  readonly kept?: {
    readonly row: (configuration: C, before: Row<S> | undefined, ctx: Context) => Row<S>;
    readonly shown: (row: Row<S>) => C;
  };
  /** What else there is of one that is removed. */
  readonly forget?: (ctx: Context, bucket: string, id: string) => Promise<void>;
}

interface One {
  readonly Bucket: string;
  readonly Id: string;
}

interface Page {
  readonly Bucket: string;
  readonly ContinuationToken?: string | undefined;
}

export function namedConfigurations<S extends Setting, const Member extends string, C>(kind: Kind<S, Member, C>) {
  const { setting, member, require, kept, forget } = kind;
  const [reading, writing] = [`s3:Get${member}`, `s3:Put${member}`];
  const listed = (settings: BucketSettings) => settings[setting] as readonly Row<S>[] | undefined;
  const shown = kept?.shown ?? ((row: Row<S>) => row as unknown as C);
  const row = kept?.row ?? ((configuration: C) => configuration as unknown as Row<S>);
  const keep = async (ctx: Context, bucket: string, rows: readonly Row<S>[] | undefined) => {
    await changeSettings(ctx, bucket, { [setting]: rows });
    return {};
  };
  return {
    get: onBucket<One, object>({
      action: reading,
      run: async ({ Id }, _ctx, { settings }) => ({ [member]: shown(configurationIn(listed(settings), Id)) }),
    }),
    list: onBucket<Page, object>({
      action: reading,
      async run(input, _ctx, { settings }) {
        const { items, page } = configurationPages.items(listed(settings) ?? [], input);
        return { ...page, ...tokenAsked(input), ...(items.length > 0 && { [`${member}List`]: items.map(shown) }) };
      },
    }),
    put: onBucket<One & Record<Member, C>, object>({
      action: writing,
      async run(input, ctx, { bucket, settings }) {
        const { Id } = input;
        const configuration: C = input[member];
        require(configuration);
        const before = listed(settings)?.find((each) => each.Id === Id);
        return keep(ctx, bucket.name, withConfiguration(listed(settings), Id, row(configuration, before, ctx)));
      },
    }),
    delete: onBucket<One, object>({
      action: writing,
      async run({ Id }, ctx, { bucket, settings }) {
        const others = withoutConfiguration(listed(settings), Id);
        await forget?.(ctx, bucket.name, Id);
        return keep(ctx, bucket.name, others);
      },
    }),
  };
}

interface Conditions {
  readonly Prefix?: string | undefined;
  readonly AccessPointArn?: string | undefined;
  readonly Tags?: readonly TagGiven[] | undefined;
}

interface TagGiven {
  readonly Key: string | undefined;
  readonly Value: string | undefined;
}

interface Filter extends Omit<Conditions, 'Tags'> {
  readonly Tag?: TagGiven | undefined;
  readonly And?: Conditions | undefined;
}

const given = (values: readonly unknown[]) => values.filter((value) => value !== undefined).length;

/** One condition, or an And of at least two. Throws MalformedXML. */
export function requireFilter(filter: Filter | undefined): void {
  if (filter === undefined) return;
  const { And, Tag, Prefix, AccessPointArn } = filter;
  if (given([And, Tag, Prefix, AccessPointArn]) !== 1) throw s3Error('MalformedXML');
  const { Tags = [] } = And ?? {};
  if (And && given([And.Prefix, And.AccessPointArn]) + Tags.length < 2) throw s3Error('MalformedXML');
  requireTags(Tag ? [Tag] : Tags);
}

/** Whether an object is one that a filter is about, as far as its key and its tags say. */
export function isAbout(
  filter: Filter | undefined,
  { key, tags = [] }: { readonly key: string; readonly tags?: readonly TagGiven[] | undefined },
): boolean {
  const { Prefix = '' } = filter?.And ?? filter ?? {};
  if (!key.startsWith(Prefix)) return false;
  const wanted = filter?.And?.Tags ?? (filter?.Tag ? [filter.Tag] : []);
  return wanted.every((tag) => tags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
}
