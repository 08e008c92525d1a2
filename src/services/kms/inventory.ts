/** What others see of KMS: keys, with their key policies as they are shown, and their grants. */
import { shownPrincipal, showPrincipals } from '../../identity/principalBinding.ts';
import type { AccessGrant, Resource, ResourceSource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Transaction } from '../../store/store.ts';
import type { Key } from './keys.ts';

const TYPE = 'AWS::KMS::Key';
const KEY_ARN = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):key\/([^/]+)$/;

export const keyResources: ResourceSource = {
  types: [TYPE],
  async *list(tx, account, region) {
    const { keys } = await import('./keys.ts'); // Brings the SDK's client with it: not before it is needed.
    const held = [account, ...(region === undefined ? [] : [region])];
    for await (const key of everyRow(tx, keys, held)) yield await resourceOf(tx, key);
  },
  async find(tx, arn) {
    const [, region, account, id] = KEY_ARN.exec(arn) ?? [];
    if (region === undefined || account === undefined || id === undefined) return undefined;
    const { keys } = await import('./keys.ts');
    const key = await tx.get(keys, [account, region, id]);
    return key && resourceOf(tx, key);
  },
};

async function resourceOf(tx: Transaction, key: Key): Promise<Resource> {
  const { keyArn } = await import('./keys.ts');
  return {
    arn: keyArn(key),
    type: TYPE,
    account: key.account,
    region: key.region,
    created: key.created,
    tags: key.tags,
    policy: await showPrincipals(tx, key.policy),
    grants: key.granted ? await grantsOf(tx, key) : [],
  };
}

async function grantsOf(tx: Transaction, key: Key): Promise<AccessGrant[]> {
  const { grants } = await import('./grantRows.ts');
  const found: AccessGrant[] = [];
  const ofKey = [key.account, key.region, key.id];
  for await (const { grantee, granteeId, granteeIsService, operations } of everyRow(tx, grants, ofKey)) {
    if (granteeIsService) continue;
    const principal = granteeId === undefined ? grantee : await shownPrincipal(tx, granteeId);
    found.push({ principal, actions: operations.map((name) => `kms:${name}`) });
  }
  return found;
}
