/** Uploads in parts that requests are about. */
import type { Context } from '../../core/context.ts';
import type { BucketTarget } from './access.ts';
import { invalidArgument, s3Error } from './errors.ts';
import { loadForWriting, type ObjectRequest } from './objectTargets.ts';
import { type UploadRow, uploads } from './uploadRows.ts';
import { sortable } from './versions.ts';

export interface UploadTarget extends BucketTarget {
  readonly upload: UploadRow | undefined;
}

export async function loadUpload(
  input: ObjectRequest & { readonly UploadId: string },
  ctx: Context,
): Promise<UploadTarget> {
  const target = await loadForWriting(input, ctx);
  const key = [target.bucket.name, sortable(input.Key), input.UploadId];
  return { ...target, upload: await ctx.store.get(uploads, key) };
}

/** Throws NoSuchUpload. */
export function presentUpload({ upload }: UploadTarget, UploadId: string): UploadRow {
  if (upload) return upload;
  throw s3Error('NoSuchUpload', { details: { UploadId } });
}

const PARTS_MAX = 10_000;

export function requirePartNumber(number: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= PARTS_MAX) return;
  const message = `Part number must be an integer between 1 and ${PARTS_MAX}, inclusive`;
  throw invalidArgument(message, 'partNumber', String(number));
}
