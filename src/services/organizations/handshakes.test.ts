import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

async function organized(FeatureSet: 'ALL' | 'CONSOLIDATED_BILLING' = 'ALL') {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  const { Organization } = await organizations.createOrganization({ FeatureSet });
  const member = await cloud.memberAccount('dev');
  const invite = async (Id = member.id, more: object = {}) =>
    (await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id }, ...more })).Handshake;
  return {
    cloud,
    organizations,
    organization: Organization?.Id ?? '',
    member,
    theirs: member.root.organizations,
    invite,
  };
}

test('An invited account joins by accepting, and finds its tags and role', async () => {
  const { cloud, organizations, organization, member, theirs, invite } = await organized();
  const sent = await invite(member.id, { Notes: 'welcome', Tags: [{ Key: 'a', Value: 'b' }] });
  assert.equal(sent?.State, 'OPEN');
  assert.deepEqual(sent?.Parties, [
    { Id: organization.slice(2), Type: 'ORGANIZATION' },
    { Id: member.id, Type: 'ACCOUNT' },
  ]);
  assert.deepEqual(
    sent?.Resources?.map((resource) => resource.Type),
    ['ORGANIZATION', 'ACCOUNT', 'NOTES'],
  );
  assert.deepEqual((await theirs.listHandshakesForAccount()).Handshakes, [sent]);
  const { Handshake } = await theirs.acceptHandshake({ HandshakeId: sent?.Id });
  assert.equal(Handshake?.State, 'ACCEPTED');
  const { Account } = await organizations.describeAccount({ AccountId: member.id });
  assert.equal(Account?.JoinedMethod, 'INVITED');
  const { Tags } = await organizations.listTagsForResource({ ResourceId: member.id });
  assert.deepEqual(Tags, [{ Key: 'a', Value: 'b' }]);
  const { Role } = await member.root.iam.getRole({ RoleName: 'AWSServiceRoleForOrganizations' });
  assert.equal(Role?.Path, '/aws-service-role/organizations.amazonaws.com/');
  await assert.rejects(theirs.acceptHandshake({ HandshakeId: sent?.Id }), { name: 'HandshakeAlreadyInStateException' });
  await assert.rejects(organizations.cancelHandshake({ HandshakeId: sent?.Id }), {
    name: 'InvalidHandshakeTransitionException',
  });
  cloud.advance('P31D');
  assert.deepEqual((await theirs.listHandshakesForAccount()).Handshakes, []);
  const other = await cloud.memberAccount('other');
  const later = await invite(other.id);
  assert.deepEqual((await organizations.listHandshakesForOrganization()).Handshakes, [later]);
});

test('An invitation may be declined, canceled or left until it expires', async () => {
  const { cloud, organizations, theirs, invite } = await organized();
  const first = await invite();
  await assert.rejects(invite(), { name: 'DuplicateHandshakeException' });
  assert.equal((await theirs.declineHandshake({ HandshakeId: first?.Id })).Handshake?.State, 'DECLINED');
  const second = await invite();
  await assert.rejects(theirs.cancelHandshake({ HandshakeId: second?.Id }), { name: 'HandshakeNotFoundException' });
  assert.equal((await organizations.cancelHandshake({ HandshakeId: second?.Id })).Handshake?.State, 'CANCELED');
  const third = await invite();
  cloud.advance('P15D');
  const { Handshake } = await theirs.describeHandshake({ HandshakeId: third?.Id });
  assert.equal(Handshake?.State, 'EXPIRED');
  await assert.rejects(theirs.acceptHandshake({ HandshakeId: third?.Id }), {
    name: 'InvalidHandshakeTransitionException',
  });
  await invite();
});

test('Twenty invitations a day may come to nothing', async () => {
  const { cloud, organizations, invite } = await organized();
  const attempt = async () => organizations.cancelHandshake({ HandshakeId: (await invite())?.Id });
  for (let i = 0; i < 20; i++) await attempt();
  await assert.rejects(invite(), {
    name: 'HandshakeConstraintViolationException',
    Reason: 'HANDSHAKE_RATE_LIMIT_EXCEEDED',
  });
  cloud.advance('P1D');
  await attempt();
});

test('Only the invited account can answer, with permission of its own', async () => {
  const { cloud, member, invite } = await organized();
  const sent = await invite();
  const stranger = await cloud.memberAccount('stranger');
  const missing = { name: 'HandshakeNotFoundException', message: "You specified a handshake that doesn't exist." };
  await assert.rejects(stranger.root.organizations.acceptHandshake({ HandshakeId: sent?.Id }), missing);
  const nobody = await member.user('nobody');
  await assert.rejects(nobody.organizations.acceptHandshake({ HandshakeId: sent?.Id }), {
    name: 'AccessDeniedException',
    message: /is not authorized to perform: organizations:AcceptHandshake/,
  });
  const someone = await member.user('someone', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: ['organizations:AcceptHandshake', 'iam:CreateServiceLinkedRole'],
      Resource: '*',
    },
  });
  await someone.organizations.acceptHandshake({ HandshakeId: sent?.Id });
});

test('InviteAccountToOrganization finds the account by its address', async () => {
  const { organizations, theirs, invite } = await organized();
  const email = (Id: string) => organizations.inviteAccountToOrganization({ Target: { Type: 'EMAIL', Id } });
  await assert.rejects(email('nobody@example.com'), {
    name: 'InvalidInputException',
    Reason: 'INVALID_EMAIL_ADDRESS_TARGET',
  });
  const { Handshake } = await email('dev@example.com');
  assert.deepEqual(Handshake?.Parties?.[1], { Id: 'dev@example.com', Type: 'EMAIL' });
  await theirs.acceptHandshake({ HandshakeId: Handshake?.Id });
  await assert.rejects(invite(), {
    name: 'HandshakeConstraintViolationException',
    Reason: 'ALREADY_IN_AN_ORGANIZATION',
  });
});

test('A member moves to another organization unless a guardrail forbids leaving', async () => {
  const { cloud, organizations, member, theirs, invite } = await organized();
  await theirs.acceptHandshake({ HandshakeId: (await invite())?.Id });
  const other = await cloud.memberAccount('other');
  await other.root.organizations.createOrganization({});
  const sent = await other.root.organizations.inviteAccountToOrganization({
    Target: { Type: 'ACCOUNT', Id: member.id },
  });
  const root = (await organizations.listRoots()).Roots?.[0]?.Id;
  await organizations.enablePolicyType({ RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' });
  const { Policy } = await organizations.createPolicy({
    Name: 'stay',
    Description: '',
    Type: 'SERVICE_CONTROL_POLICY',
    Content:
      '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}}',
  });
  const target = { PolicyId: Policy?.PolicySummary?.Id, TargetId: member.id };
  await organizations.attachPolicy(target);
  await assert.rejects(theirs.acceptHandshake({ HandshakeId: sent.Handshake?.Id }), {
    name: 'AccessDeniedException',
    message: /organizations:LeaveOrganization .* with an explicit deny in a service control policy/,
  });
  await organizations.detachPolicy(target);
  await theirs.acceptHandshake({ HandshakeId: sent.Handshake?.Id });
  assert.equal((await theirs.describeOrganization()).Organization?.MasterAccountId, other.id);
  await assert.rejects(organizations.describeAccount({ AccountId: member.id }), { name: 'AccountNotFoundException' });
});

test('EnableAllFeatures waits for every invited member, then for the management account', async () => {
  const { organizations, theirs, member, invite } = await organized('CONSOLIDATED_BILLING');
  await theirs.acceptHandshake({ HandshakeId: (await invite())?.Id });
  await assert.rejects(member.root.iam.getRole({ RoleName: 'AWSServiceRoleForOrganizations' }), {
    name: 'NoSuchEntityException',
  });
  const begun = (await organizations.enableAllFeatures()).Handshake;
  assert.equal(begun?.State, 'REQUESTED');
  await assert.rejects(organizations.enableAllFeatures(), {
    name: 'HandshakeConstraintViolationException',
    Reason: 'ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION',
  });
  await assert.rejects(organizations.acceptHandshake({ HandshakeId: begun?.Id }), {
    name: 'InvalidHandshakeTransitionException',
  });
  const [approval] =
    (await theirs.listHandshakesForAccount({ Filter: { ActionType: 'APPROVE_ALL_FEATURES' } })).Handshakes ?? [];
  assert.deepEqual(approval?.Resources?.[0], { Type: 'PARENT_HANDSHAKE', Value: begun?.Id });
  await theirs.acceptHandshake({ HandshakeId: approval?.Id });
  const opened = (await organizations.describeHandshake({ HandshakeId: begun?.Id })).Handshake;
  assert.equal(opened?.State, 'OPEN');
  await organizations.acceptHandshake({ HandshakeId: begun?.Id });
  assert.equal((await organizations.describeOrganization()).Organization?.FeatureSet, 'ALL');
  await member.root.iam.getRole({ RoleName: 'AWSServiceRoleForOrganizations' });
  await assert.rejects(organizations.enableAllFeatures(), {
    name: 'HandshakeConstraintViolationException',
    message: 'All features are already enabled on this organization.',
  });
});
