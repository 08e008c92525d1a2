/** What happens to objects, told to whom the bucket's owner wants it told. */
import type { Context } from '../../core/context.ts';
import type { BucketTarget } from './access.ts';
import type { ObjectVersion } from './versions.ts';

/** One thing that happened to a version of an object. */
export interface ObjectEvent {
  /** `s3:ObjectCreated:Put` without its prefix: `ObjectCreated:Put`, `ObjectRemoved:DeleteMarkerCreated`. */
  readonly name: string;
  readonly version: Pick<ObjectVersion, 'key' | 'id' | 'stamp' | 'size' | 'etag' | 'deleteMarker' | 'storageClass'>;
  /** As EventBridge's `reason`: `PutObject`, `CompleteMultipartUpload`, `Lifecycle Expiration`. */
  readonly reason: string;
}

/** Called inside the write set that makes it happen. */
export async function objectEvent(_ctx: Context, _target: BucketTarget, _event: ObjectEvent): Promise<void> {}
