/** What others see of SNS: topics with their policies as they are shown. */
import { showPrincipals } from '../../identity/principalBinding.ts';
import type { Resource, ResourceSource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Transaction } from '../../store/store.ts';
import { policyOf } from './defaultPolicy.ts';
import { type Topic, topicArn, topicKey, topics } from './topicRows.ts';

const TYPE = 'AWS::SNS::Topic';

export const topicResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    const prefix = [account, ...(region === undefined ? [] : [region])];
    for await (const topic of everyRow(tx, topics, prefix)) yield await resourceOf(tx, topic);
  },
  async find(tx, arn) {
    const key = topicKey(arn);
    const topic = key && (await tx.get(topics, key));
    return topic && resourceOf(tx, topic);
  },
};

const resourceOf = async (tx: Transaction, topic: Topic): Promise<Resource> => ({
  arn: topicArn(topic),
  type: TYPE,
  account: topic.account,
  region: topic.region,
  created: new Date(topic.created).toISOString(),
  tags: topic.tags,
  policy: await showPrincipals(tx, policyOf(topic)),
});
