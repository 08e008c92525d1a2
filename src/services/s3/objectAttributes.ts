/** What is known of an object, as far as it is asked for. */
import type {
  GetObjectAttributesOutput,
  GetObjectAttributesParts,
  GetObjectAttributesRequest,
} from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { partsOf } from './bodies.ts';
import { checksumAnswer, memberOf } from './checksums.ts';
import { encryptionAnswer } from './encryption.ts';
import { invalidArgument } from './errors.ts';
import { pageSize } from './listing.ts';
import {
  existingAccess,
  loadObject,
  type ObjectTarget,
  objectActions,
  presentVersion,
  shownVersion,
} from './objectTargets.ts';
import { contentKeyOf } from './readObjects.ts';
import type { ObjectVersion } from './versions.ts';

type Input = Present<GetObjectAttributesRequest>;

const READING = objectActions('Get');
const ASKING = objectActions('Get', 'Attributes');
const ATTRIBUTES: ReadonlySet<string> = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']);

export const GetObjectAttributes: Operation<Input, GetObjectAttributesOutput, ObjectTarget> = {
  recorded: 'data',
  load: loadObject,
  access: (input, ctx, target) =>
    [READING, ASKING].flatMap((actions): Access[] => [existingAccess(ctx, target, input, actions)].flat() as Access[]),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    const asked = new Set<string>(input.ObjectAttributes);
    const unknown = [...asked].find((name) => !ATTRIBUTES.has(name));
    if (unknown !== undefined || asked.size === 0) {
      throw invalidArgument('Invalid attribute name specified.', 'x-amz-object-attributes', unknown);
    }
    if (version.sealed?.by === 'SSE-C') await contentKeyOf(ctx, target, version, input);
    const { ServerSideEncryption: _, ...encryption } = encryptionAnswer(version.sealed);
    return {
      LastModified: new Date(version.modified),
      ...encryption,
      ...shownVersion(target, version),
      ...(asked.has('ETag') && { ETag: version.etag }),
      ...(asked.has('Checksum') && version.checksum && { Checksum: checksumAnswer(version.checksum) }),
      ...(asked.has('ObjectParts') && isInParts(version) && { ObjectParts: await partsIn(ctx, version, input) }),
      ...(asked.has('StorageClass') && { StorageClass: (version.storageClass ?? 'STANDARD') as 'STANDARD' }),
      ...(asked.has('ObjectSize') && { ObjectSize: version.size }),
    };
  },
};

const isInParts = ({ body }: ObjectVersion) => body !== undefined && 'manifest' in body;

async function partsIn(ctx: Context, version: ObjectVersion, input: Input): Promise<GetObjectAttributesParts> {
  const all = await partsOf(ctx, version);
  const marker = Number(input.PartNumberMarker ?? 0) || 0;
  const limit = pageSize(input.MaxParts, 'max-parts');
  const rest = all.filter(({ number }) => number > marker);
  const shown = rest.slice(0, limit);
  const { algorithm } = version.checksum!;
  return {
    TotalPartsCount: all.length,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(shown.at(-1)?.number ?? 0),
    MaxParts: limit,
    IsTruncated: rest.length > limit,
    Parts: shown.map(({ number, size, checksum }) => ({
      PartNumber: number,
      Size: size,
      ...(checksum !== undefined && { [memberOf(algorithm)]: checksum }),
    })),
  };
}
