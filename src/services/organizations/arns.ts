/** ARNs of Organizations: all in the management account, `arn:aws:organizations::MANAGEMENT:kind/o-…/…`. */
import type { Organization, OrganizationPolicyType } from '../../identity/organization.ts';

type Home = Pick<Organization, 'id' | 'management'>;

const arn = (home: Home, kind: string, rest: string) =>
  `arn:aws:organizations::${home.management}:${kind}/${home.id}${rest}`;

export const organizationArn = (home: Home) => arn(home, 'organization', '');
export const accountArn = (home: Home, account: string) => arn(home, 'account', `/${account}`);
export const rootArn = (home: Home, root: string) => arn(home, 'root', `/${root}`);
export const unitArn = (home: Home, unit: string) => arn(home, unit.startsWith('r-') ? 'root' : 'ou', `/${unit}`);
export const policyArn = (home: Home, type: OrganizationPolicyType, id: string) =>
  arn(home, 'policy', `/${type.toLowerCase()}/${id}`);
export const resourcePolicyArn = (home: Home, id: string) => arn(home, 'resourcepolicy', `/${id}`);
export const handshakeArn = (home: Home, action: string, id: string) =>
  arn(home, 'handshake', `/${action.toLowerCase()}/${id}`);

/** A policy that AWS owns: `p-FullAWSAccess`. */
export const awsPolicyArn = (type: OrganizationPolicyType, id: string) =>
  `arn:aws:organizations::aws:policy/${type.toLowerCase()}/${id}`;
