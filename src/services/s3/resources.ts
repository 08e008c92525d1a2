/** What others see of S3: buckets, with their policies as they are shown, and what their lists grant. */
import type { Resource, ResourceSource } from '../../posture/inventory.ts';
import type { Transaction } from '../../store/store.ts';
import { type Bucket, buckets } from './bucketRows.ts';

const TYPE = 'AWS::S3::Bucket';
const PAGE = 1000;

export const bucketResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    let after: string | undefined;
    do {
      const page = await tx.list(buckets, [account], { index: 'account', limit: PAGE, after });
      for (const bucket of page.rows) {
        if (region === undefined || bucket.region === region) yield await resourceOf(tx, bucket);
      }
      after = page.next;
    } while (after !== undefined);
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
