/**
 * Every list of IAM and Organizations, an item at a time: the pages are the whole list in its order, the last one says
 * that it is, and a token that no answer gave is refused.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { iam } from '../src/services/iam/index.ts';
import { organizations } from '../src/services/organizations/index.ts';
import { type Cloud, testCloud } from '../src/testing/cloud.ts';
import { testCertificate } from '../src/testing/x509.ts';

type Answer = Readonly<Record<string, unknown>>;
type Call = (input: object) => Promise<Answer>;

/** Operation, what is asked about, and the members that hold items; at least two of them must be there. */
type List = readonly [operation: string, input: object, ...items: string[]];

const ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}';
const TRUST =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}';
const Tags = ['a', 'b', 'c'].map((Key) => ({ Key, Value: Key }));
const UserName = 'u1';
const RoleName = 'r1';
const GroupName = 'g1';
const arnOf = (rest: string) => `arn:aws:iam::111122223333:${rest}`;
const PolicyArn = arnOf('policy/p1');
const SAMLProviderArn = arnOf('saml-provider/s1');
const OpenIDConnectProviderArn = arnOf('oidc-provider/one.example');
const JSON_LISTS = { ActionNames: ['s3:GetObject', 's3:PutObject', 'ec2:RunInstances'] };

const IAM_LISTS: readonly List[] = [
  ['ListUsers', {}, 'Users'],
  ['ListRoles', { PathPrefix: '/x/' }, 'Roles'],
  ['ListGroups', {}, 'Groups'],
  ['ListPolicies', { Scope: 'Local' }, 'Policies'],
  ['ListPolicies', { Scope: 'AWS', PathPrefix: '/job-function/' }, 'Policies'],
  ['ListPolicies', { OnlyAttached: true }, 'Policies'],
  ['ListInstanceProfiles', {}, 'InstanceProfiles'],
  ['ListInstanceProfilesForRole', { RoleName }, 'InstanceProfiles'],
  ['ListServerCertificates', {}, 'ServerCertificateMetadataList'],
  ['ListVirtualMFADevices', {}, 'VirtualMFADevices'],
  ['ListVirtualMFADevices', { AssignmentStatus: 'Unassigned' }, 'VirtualMFADevices'],
  ['GetGroup', { GroupName }, 'Users'],
  ['ListGroupsForUser', { UserName }, 'Groups'],
  ['ListAccessKeys', { UserName }, 'AccessKeyMetadata'],
  ['ListSigningCertificates', { UserName }, 'Certificates'],
  ['ListSSHPublicKeys', { UserName }, 'SSHPublicKeys'],
  ['ListServiceSpecificCredentials', { UserName }, 'ServiceSpecificCredentials'],
  ['ListUserPolicies', { UserName }, 'PolicyNames'],
  ['ListRolePolicies', { RoleName }, 'PolicyNames'],
  ['ListGroupPolicies', { GroupName }, 'PolicyNames'],
  ['ListAttachedUserPolicies', { UserName }, 'AttachedPolicies'],
  ['ListAttachedRolePolicies', { RoleName }, 'AttachedPolicies'],
  ['ListAttachedGroupPolicies', { GroupName }, 'AttachedPolicies'],
  ['ListEntitiesForPolicy', { PolicyArn }, 'PolicyUsers', 'PolicyRoles', 'PolicyGroups'],
  ['ListPolicyVersions', { PolicyArn }, 'Versions'],
  ['ListUserTags', { UserName }, 'Tags'],
  ['ListRoleTags', { RoleName }, 'Tags'],
  ['ListPolicyTags', { PolicyArn }, 'Tags'],
  ['ListInstanceProfileTags', { InstanceProfileName: 'i1' }, 'Tags'],
  ['ListServerCertificateTags', { ServerCertificateName: 'c1' }, 'Tags'],
  ['ListMFADeviceTags', { SerialNumber: arnOf('mfa/d1') }, 'Tags'],
  ['ListOpenIDConnectProviderTags', { OpenIDConnectProviderArn }, 'Tags'],
  ['ListSAMLProviderTags', { SAMLProviderArn }, 'Tags'],
  ['GetAccountAuthorizationDetails', {}, 'UserDetailList', 'GroupDetailList', 'RoleDetailList', 'Policies'],
  ['SimulateCustomPolicy', { PolicyInputList: [ALLOW], ...JSON_LISTS }, 'EvaluationResults'],
  ['SimulatePrincipalPolicy', { PolicySourceArn: arnOf('user/u1'), ...JSON_LISTS }, 'EvaluationResults'],
];

/** What is not asked here, and why. */
const IAM_OTHERS = [
  'ListAccountAliases', // at most one
  'ListMFADevices', // needs two codes of each device; see mfaDevices.test.ts
  'ListPoliciesGrantingServiceAccess', // no page size
  'GetServiceLastAccessedDetails', // of a job; see lastAccessed.test.ts
  'GetServiceLastAccessedDetailsWithEntities',
  'GetOrganizationsAccessReport',
];

test('Every list of IAM', async (t) => {
  const cloud = await testCloud();
  await populateIam(cloud);
  const client = cloud.root.iam as unknown as Record<string, Call>;
  for (const [operation, input, ...members] of IAM_LISTS) {
    await t.test(operation, async () => {
      const call: Call = (more) => client[named(operation)]!({ ...input, ...more });
      const { pages, all } = await walked(call, { size: 'MaxItems', token: 'Marker' }, members);
      for (const [i, page] of pages.entries()) assert.equal(page.IsTruncated, i < pages.length - 1);
      assert.ok(all.length > 1);
      await assert.rejects(call({ Marker: 'no marker of ours' }), (error: Error) =>
        /InvalidInput|ValidationError/.test(error.name),
      );
    });
  }
  const paged = Object.entries(iam.limits).filter(([, { Marker }]) => Marker !== undefined);
  const tested = new Set([...IAM_LISTS.map(([operation]) => operation), ...IAM_OTHERS]);
  const missing = paged.map(([name]) => name).filter((name) => name in iam.operations && !tested.has(name));
  assert.deepEqual(missing, []);
});

async function populateIam({ root: { iam } }: Cloud): Promise<void> {
  for (const n of [1, 2, 3]) {
    await iam.createGroup({ GroupName: `g${n}` });
    await iam.createUser({ UserName: `u${n}`, Tags });
    await iam.createRole({ RoleName: `r${n}`, Path: '/x/', AssumeRolePolicyDocument: TRUST, Tags });
    await iam.createPolicy({ PolicyName: `p${n}`, PolicyDocument: ALLOW, Tags });
    await iam.createInstanceProfile({ InstanceProfileName: `i${n}`, Tags });
    await iam.addRoleToInstanceProfile({ InstanceProfileName: `i${n}`, RoleName });
    await iam.createVirtualMFADevice({ VirtualMFADeviceName: `d${n}`, Tags });
    const { pem, privateKey } = testCertificate(`c${n}.example`);
    const certificate = { ServerCertificateName: `c${n}`, CertificateBody: pem, PrivateKey: privateKey, Tags };
    await iam.uploadServerCertificate(certificate);
  }
  await iam.createOpenIDConnectProvider({ Url: 'https://one.example', Tags });
  const SAMLMetadataDocument = samlMetadata();
  await iam.createSAMLProvider({ Name: 's1', SAMLMetadataDocument, Tags });
  for (const n of [1, 2, 3]) {
    await iam.addUserToGroup({ GroupName, UserName: `u${n}` });
    if (n > 1) await iam.addUserToGroup({ GroupName: `g${n}`, UserName });
    await iam.attachUserPolicy({ UserName: `u${n}`, PolicyArn });
    await iam.attachRolePolicy({ RoleName: `r${n}`, PolicyArn });
    await iam.attachGroupPolicy({ GroupName: `g${n}`, PolicyArn });
    await iam.putUserPolicy({ UserName, PolicyName: `in${n}`, PolicyDocument: ALLOW });
    await iam.putRolePolicy({ RoleName, PolicyName: `in${n}`, PolicyDocument: ALLOW });
    await iam.putGroupPolicy({ GroupName, PolicyName: `in${n}`, PolicyDocument: ALLOW });
    await iam.createPolicyVersion({ PolicyArn, PolicyDocument: ALLOW });
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const SSHPublicKeyBody = String(publicKey.export({ type: 'spki', format: 'pem' }));
    await iam.uploadSSHPublicKey({ UserName, SSHPublicKeyBody });
  }
  for (const more of [arnOf('policy/p2'), arnOf('policy/p3')]) {
    await iam.attachUserPolicy({ UserName, PolicyArn: more });
    await iam.attachRolePolicy({ RoleName, PolicyArn: more });
    await iam.attachGroupPolicy({ GroupName, PolicyArn: more });
  }
  for (const name of ['one', 'two']) {
    await iam.createAccessKey({ UserName });
    await iam.createServiceSpecificCredential({ UserName, ServiceName: 'codecommit.amazonaws.com' });
    await iam.uploadSigningCertificate({ UserName, CertificateBody: testCertificate(name).pem });
  }
}

const samlMetadata = () => {
  const certificate = testCertificate('idp').pem.replace(/-----.*-----/g, '');
  return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
      <X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/>
  </IDPSSODescriptor></EntityDescriptor>${' '.repeat(1000)}`;
};

test('Every list of Organizations', async (t) => {
  const cloud = await testCloud();
  const world = await populateOrganization(cloud);
  const client = cloud.root.organizations as unknown as Record<string, Call>;
  const member = world.memberClient.organizations as unknown as Record<string, Call>;
  const lists = organizationLists(world);
  for (const [operation, input, ...members] of lists) {
    await t.test(operation, async () => {
      const from = operation === 'ListHandshakesForAccount' ? member : client;
      const call: Call = (more) => from[named(operation)]!({ ...input, ...more });
      const size = operation === 'ListTagsForResource' ? undefined : 'MaxResults';
      const { all } = await walked(call, { size, token: 'NextToken' }, members);
      assert.ok(all.length > (ONE_HERE.has(operation) ? 0 : 1));
      await assert.rejects(call({ NextToken: '!' }), { name: 'InvalidInputException' });
    });
  }
  const paged = Object.entries(organizations.limits).filter(([, { NextToken }]) => NextToken !== undefined);
  const tested = new Set([...lists.map(([operation]) => operation), ...ORGANIZATIONS_OTHERS]);
  const missing = paged.map(([name]) => name).filter((name) => name in organizations.operations && !tested.has(name));
  assert.deepEqual(missing, []);
});

/** There is one root, and one parent. */
const ONE_HERE = new Set(['ListRoots', 'ListParents']);

/** What is wrong with effective policies: see effectivePolicies.test.ts. */
const ORGANIZATIONS_OTHERS = ['ListAccountsWithInvalidEffectivePolicy', 'ListEffectivePolicyValidationErrors'];

type World = Awaited<ReturnType<typeof populateOrganization>>;

const organizationLists = ({ root, unit, accounts: [first], policy }: World): readonly List[] => [
  ['ListAccounts', {}, 'Accounts'],
  ['ListAccountsForParent', { ParentId: root }, 'Accounts'],
  ['ListOrganizationalUnitsForParent', { ParentId: root }, 'OrganizationalUnits'],
  ['ListChildren', { ParentId: root, ChildType: 'ACCOUNT' }, 'Children'],
  ['ListChildren', { ParentId: root, ChildType: 'ORGANIZATIONAL_UNIT' }, 'Children'],
  ['ListParents', { ChildId: unit }, 'Parents'],
  ['ListRoots', {}, 'Roots'],
  ['ListCreateAccountStatus', {}, 'CreateAccountStatuses'],
  ['ListAWSServiceAccessForOrganization', {}, 'EnabledServicePrincipals'],
  ['ListDelegatedAdministrators', {}, 'DelegatedAdministrators'],
  ['ListDelegatedServicesForAccount', { AccountId: first }, 'DelegatedServices'],
  ['ListHandshakesForAccount', {}, 'Handshakes'],
  ['ListHandshakesForOrganization', {}, 'Handshakes'],
  ['ListPolicies', { Filter: 'SERVICE_CONTROL_POLICY' }, 'Policies'],
  ['ListPoliciesForTarget', { TargetId: root, Filter: 'SERVICE_CONTROL_POLICY' }, 'Policies'],
  ['ListTargetsForPolicy', { PolicyId: policy }, 'Targets'],
  ['ListTagsForResource', { ResourceId: unit }, 'Tags'],
];

async function populateOrganization(cloud: Cloud) {
  const { organizations: org } = cloud.root;
  await org.createOrganization({});
  const root = (await org.listRoots()).Roots![0]!.Id!;
  await org.enablePolicyType({ RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' });
  const services = ['config.amazonaws.com', 'cloudtrail.amazonaws.com', 'guardduty.amazonaws.com'];
  for (const ServicePrincipal of services) await org.enableAWSServiceAccess({ ServicePrincipal });
  const accounts: string[] = [];
  const units: string[] = [];
  const policies: string[] = [];
  for (const n of [1, 2, 3]) {
    const Description = `policy ${n}`;
    const input = { Type: 'SERVICE_CONTROL_POLICY', Name: `p${n}`, Description, Content: ALLOW } as const;
    policies.push((await org.createPolicy(input)).Policy!.PolicySummary!.Id!);
    await org.attachPolicy({ PolicyId: policies.at(-1), TargetId: root });
    units.push((await org.createOrganizationalUnit({ ParentId: root, Name: `u${n}`, Tags })).OrganizationalUnit!.Id!);
    await org.attachPolicy({ PolicyId: policies[0], TargetId: units.at(-1) });
    await org.createAccount({ AccountName: `a${n}`, Email: `a${n}@example.com` });
    cloud.advance('PT1M');
  }
  const { CreateAccountStatuses } = await org.listCreateAccountStatus({});
  accounts.push(...CreateAccountStatuses!.map(({ AccountId }) => AccountId!));
  for (const [i, ServicePrincipal] of services.entries()) {
    await org.registerDelegatedAdministrator({ AccountId: accounts[0], ServicePrincipal });
    if (i === 0) await org.registerDelegatedAdministrator({ AccountId: accounts[1], ServicePrincipal });
  }
  const { id, root: memberClient } = await cloud.memberAccount('dev');
  for (let i = 0; i < 2; i++) {
    const { Handshake } = await org.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: id } });
    await org.cancelHandshake({ HandshakeId: Handshake?.Id });
  }
  await org.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: id } });
  return { root, unit: units[0]!, accounts, policy: policies[0]!, memberClient };
}

const named = (operation: string) =>
  operation === 'ListAWSServiceAccessForOrganization'
    ? 'listAWSServiceAccessForOrganization'
    : `${operation[0]!.toLowerCase()}${operation.slice(1)}`;

/** The list in pages of one, after making sure that these are the whole list. */
async function walked(
  call: Call,
  by: { readonly size: string | undefined; readonly token: string },
  members: readonly string[],
) {
  const itemsOf = (answer: Answer) => members.flatMap((name) => (answer[name] as unknown[] | undefined) ?? []);
  const pages: Answer[] = [];
  let token: unknown;
  do {
    const page = await call({ ...(by.size && { [by.size]: 1 }), ...(token !== undefined && { [by.token]: token }) });
    pages.push(page);
    token = page[by.token];
    assert.ok(pages.length < 200, 'the walk ends');
    if (by.size) assert.ok(itemsOf(page).length <= 1);
  } while (token !== undefined);
  const all = itemsOf(await call({}));
  const sorted = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).sort();
  assert.deepEqual(sorted(pages.flatMap(itemsOf)), sorted(all));
  return { pages, all };
}
