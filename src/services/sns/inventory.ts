/** What others see of SNS: topics with their policies as they are shown. */
import { showPrincipals } from '../../identity/principalBinding.ts';
import type { Resource, ResourceSource } from '../../posture/inventory.ts';
import type { Transaction } from '../../store/store.ts';
import { policyOf } from './defaultPolicy.ts';
import { type Topic, topicArn, topicKey, topics } from './topicRows.ts';

const TYPE = 'AWS::SNS::Topic';

export const topicResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    let after: string | undefined;
    do {
      const page = await tx.list(topics, [account, ...(region === undefined ? [] : [region])], { limit: 1000, after });
      for (const topic of page.rows) yield await resourceOf(tx, topic);
      after = page.next;
    } while (after !== undefined);
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
