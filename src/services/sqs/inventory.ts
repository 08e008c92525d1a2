/** What others see of SQS: queues with their policies as they are shown. */
import { showPrincipals } from '../../identity/principalBinding.ts';
import type { Resource, ResourceSource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Transaction } from '../../store/store.ts';
import { type Queue, queueArn, queueKey, queues } from './queueRows.ts';

const TYPE = 'AWS::SQS::Queue';

export const queueResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    const prefix = [account, ...(region === undefined ? [] : [region])];
    for await (const queue of everyRow(tx, queues, prefix)) yield await resourceOf(tx, queue);
  },
  async find(tx, arn) {
    const key = queueKey(arn);
    const queue = key && (await tx.get(queues, key));
    return queue && resourceOf(tx, queue);
  },
};

const resourceOf = async (tx: Transaction, queue: Queue): Promise<Resource> => ({
  arn: queueArn(queue),
  type: TYPE,
  account: queue.account,
  region: queue.region,
  created: new Date(queue.created).toISOString(),
  updated: new Date(queue.modified).toISOString(),
  tags: queue.tags,
  policy: queue.policy === undefined ? undefined : await showPrincipals(tx, queue.policy),
});
