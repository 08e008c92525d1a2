/** What others see of IAM's resources: roles, with their trust policies as they are shown. */
import { showPrincipals } from '../../identity/principalBinding.ts';
import { byName, type Role, roleArn, roles } from '../../identity/principals.ts';
import type { Resource, ResourceSource } from '../../posture/inventory.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { Transaction } from '../../store/store.ts';

const TYPE = 'AWS::IAM::Role';
const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

export const roleResources: ResourceSource = {
  types: [TYPE],
  async *list(tx: Transaction, account: string) {
    for await (const role of everyRow(tx, roles, [account])) yield await resourceOf(tx, role);
  },
  async find(tx: Transaction, arn: string) {
    const [, account, name] = ROLE_ARN.exec(arn) ?? [];
    if (account === undefined || name === undefined) return undefined;
    const role = await tx.get(roles, byName(account, name));
    return role && roleArn(role) === arn ? resourceOf(tx, role) : undefined;
  },
};

const resourceOf = async (tx: Transaction, role: Role): Promise<Resource> => ({
  arn: roleArn(role),
  type: TYPE,
  account: role.account,
  created: role.created,
  tags: role.tags,
  policy: await showPrincipals(tx, role.trust),
});
