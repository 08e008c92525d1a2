/** Uploads in parts, while they are under way. The parts' bytes are encrypted under the content key of the upload. */
import type { Context } from '../../core/context.ts';
import { table } from '../../store/store.ts';
import { type Place, releasePlace } from './bodies.ts';
import type { Sealed } from './encryption.ts';
import type { Checksum, ChecksumAlgorithm, ObjectVersion } from './versions.ts';
import { sortable } from './versions.ts';

export interface UploadRow {
  readonly bucket: string;
  readonly key: string;
  /** In time's order. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly initiated: number;
  readonly initiator: { readonly id: string; readonly name: string };
  readonly sealed: Sealed;
  /** Of the object that it will be; `asked` where the client chose it. */
  readonly checksum: {
    readonly algorithm: ChecksumAlgorithm;
    readonly type: Checksum['type'];
    readonly asked: boolean;
  };
  /** What the object will have beside its bytes. */
  readonly draft: Pick<
    ObjectVersion,
    'owner' | 'acl' | 'storageClass' | 'metadata' | 'headers' | 'tags' | 'retention' | 'legalHold' | 'redirect'
  >;
}

export const uploads = table<UploadRow>('s3_upload', { key: ({ bucket, key, id }) => [bucket, sortable(key), id] });

export interface UploadedPart {
  readonly upload: string;
  readonly number: number;
  readonly size: number;
  /** Hexadecimal MD5, or what stands for it. */
  readonly etag: string;
  /** Base 64, by the upload's algorithm. */
  readonly checksum: string;
  readonly place: Place;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

const NUMBER_DIGITS = 5;
export const numberKey = (number: number) => String(number).padStart(NUMBER_DIGITS, '0');

export const parts = table<UploadedPart>('s3_part', { key: ({ upload, number }) => [upload, numberKey(number)] });

const PAGE = 1000;

export async function partsOfUpload({ store }: Pick<Context, 'store'>, upload: string): Promise<UploadedPart[]> {
  const all: UploadedPart[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.list(parts, [upload], { limit: PAGE, after });
    all.push(...page.rows);
    after = page.next;
    if (after === undefined) return all;
  }
}

/** The upload is over: its rows go, and the bytes of all parts but those that the object keeps. */
export async function endUpload(
  ctx: Pick<Context, 'store' | 'blobs'>,
  upload: UploadRow,
  kept: ReadonlySet<number> = new Set(),
): Promise<void> {
  for (const part of await partsOfUpload(ctx, upload.id)) {
    await ctx.store.remove(parts, [upload.id, numberKey(part.number)]);
    if (!kept.has(part.number)) await releasePlace(ctx, part.place);
  }
  await ctx.store.remove(uploads, [upload.bucket, sortable(upload.key), upload.id]);
}

/** The uploads of a bucket that goes. */
export async function endUploads(ctx: Pick<Context, 'store' | 'blobs'>, bucket: string): Promise<void> {
  for (;;) {
    const { rows } = await ctx.store.list(uploads, [bucket], { limit: PAGE });
    for (const upload of rows) await endUpload(ctx, upload);
    if (rows.length < PAGE) return;
  }
}
