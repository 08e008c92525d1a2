/** What others see of EventBridge: event buses, with their policies as they are shown. */
import { showPrincipals } from '../../identity/principalBinding.ts';
import type { Resource, ResourceSource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Transaction } from '../../store/store.ts';
import { type Bus, buses } from './busRows.ts';
import { busArn, busNamed } from './names.ts';

const TYPE = 'AWS::Events::EventBus';

export const busResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    const prefix = [account, ...(region === undefined ? [] : [region])];
    for await (const bus of everyRow(tx, buses, prefix)) yield await resourceOf(tx, bus);
  },
  async find(tx, arn) {
    if (!/^arn:aws:events:[a-z0-9-]+:\d{12}:event-bus\/.+$/.test(arn)) return undefined;
    const { account, region, name } = busNamed({ account: '', region: '' }, arn);
    const bus = await tx.get(buses, [account, region, name]);
    return bus && resourceOf(tx, bus);
  },
};

async function resourceOf(tx: Transaction, bus: Bus): Promise<Resource> {
  return {
    arn: busArn(bus),
    type: TYPE,
    account: bus.account,
    region: bus.region,
    created: bus.created,
    updated: bus.modified,
    tags: bus.tags,
    policy: bus.policy === undefined ? undefined : await showPrincipals(tx, bus.policy),
  };
}
