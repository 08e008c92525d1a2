/** Annotations of object versions as rows. Their bytes lie where those of objects do, under the version's content key. */
import type { Context } from '../../core/context.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { type Place, releasePlace } from './bodies.ts';
import { type Checksum, type ObjectVersion, sortable } from './versions.ts';

export interface Annotation {
  readonly bucket: string;
  readonly key: string;
  /** Of the version that it is attached to. */
  readonly stamp: number;
  readonly name: string;
  readonly size: number;
  /** Without quotation marks. */
  readonly etag: string;
  readonly checksum: Checksum;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly body: Place;
}

type OfVersion = Pick<ObjectVersion, 'bucket' | 'key' | 'stamp'>;

export const ofVersion = ({ bucket, key, stamp }: OfVersion) => [bucket, sortable(key), String(stamp)] as const;

export const annotations = table<Annotation>('s3_annotation', {
  key: (row) => [...ofVersion(row), row.name],
  indexes: { version: (row) => [[...ofVersion(row)]] },
});

/** With the version that goes. */
export async function forgetAnnotations(
  ctx: Pick<Context, 'store' | 'blobs'>,
  version: OfVersion & { readonly annotated?: true },
): Promise<void> {
  if (!version.annotated) return;
  for await (const row of everyRow(ctx.store, annotations, ofVersion(version))) {
    await ctx.store.remove(annotations, annotations.key(row));
    await releasePlace(ctx, row.body);
  }
}
