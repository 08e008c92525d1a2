/** Records of coming and going, for the management account's event history alone. */
import type { Organization } from '../../identity/organization.ts';

export const joinedEvent = (organization: Organization, account: string, joinedMethod: string, joinedTime: string) =>
  membershipEvent(organization, 'AccountJoinedOrganization', { accountId: account, joinedMethod, joinedTime });

export const departedEvent = (home: Organization, account: string, departureMethod: string, departureTime: string) =>
  membershipEvent(home, 'AccountDepartedOrganization', { accountId: account, departureMethod, departureTime });

const membershipEvent = (organization: Organization, eventName: string, facts: Record<string, string>) => ({
  account: organization.management,
  eventName,
  details: { ...facts, organizationId: organization.id },
});
