/** What others see of S3: buckets, with their policies as they are shown, and what their lists grant. */
import type { Resource, ResourceSource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Transaction } from '../../store/store.ts';
import { type Bucket, buckets } from './bucketRows.ts';

const TYPE = 'AWS::S3::Bucket';

export const bucketResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    for await (const bucket of everyRow(tx, buckets, [account], 'account')) {
      if (region === undefined || bucket.region === region) yield await resourceOf(tx, bucket);
    }
  },
  async find(tx, arn) {
    const [, name] = /^arn:aws:s3:::([a-z0-9.-]+)$/.exec(arn) ?? [];
    const bucket = name === undefined ? undefined : await tx.get(buckets, [name]);
    return bucket && resourceOf(tx, bucket);
  },
};

async function resourceOf(tx: Transaction, bucket: Bucket): Promise<Resource> {
  const view = await import('./bucketView.ts');
  return view.resourceOf(tx, bucket);
}
