/** Policies of an organization bind the use of keys: those of principals (SCP) and those of resources (RCP). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PolicyType } from '@aws-sdk/client-organizations';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';

const Plaintext = Buffer.from('x');

/** A member account of an organization with a key that the management account may use, and how to bind it. */
async function member() {
  const cloud = await testCloud();
  const { organizations, kms: ours } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const root = (await organizations.listRoots({})).Roots![0]!.Id!;
  for (const type of ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const) {
    await organizations.enablePolicyType({ RootId: root, PolicyType: type }).catch(() => undefined);
  }
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1H');
  const { Accounts } = await organizations.listAccounts({});
  const account = Accounts!.find(({ Id }) => Id !== cloud.managementAccount)!.Id!;
  const { kms } = cloud.as(await cloud.keyFor(account));
  const allow = (AWS: string) => ({ Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*' });
  const Statement = [account, cloud.managementAccount].map((id) => allow(`arn:aws:iam::${id}:root`));
  const Arn = (await kms.createKey({ Policy: JSON.stringify({ Version: '2012-10-17', Statement }) })).KeyMetadata!.Arn!;
  const bind = async (Type: PolicyType, statement: object) => {
    const Content = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Deny', Resource: '*', ...statement },
    });
    const { Policy } = await organizations.createPolicy({ Name: Type, Description: '', Type, Content });
    await organizations.attachPolicy({ PolicyId: Policy!.PolicySummary!.Id!, TargetId: account });
  };
  return { cloud, ours, kms, Arn, account, bind };
}

test('a service control policy denies what the key policy allows, to the principals of the account', async () => {
  const { ours, kms, Arn, bind } = await member();
  const { CiphertextBlob } = await kms.encrypt({ KeyId: Arn, Plaintext });
  await bind('SERVICE_CONTROL_POLICY', { Action: 'kms:Decrypt' });
  const { message } = await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'AccessDeniedException');
  assert.match(message, /explicit deny in a service control policy/);
  await kms.encrypt({ KeyId: Arn, Plaintext });
  await ours.decrypt({ CiphertextBlob: CiphertextBlob!, KeyId: Arn });
});

test('a resource control policy denies everybody, also a grantee and another account', async () => {
  const { cloud, ours, kms, Arn, account, bind } = await member();
  const { CiphertextBlob } = await kms.encrypt({ KeyId: Arn, Plaintext });
  const decrypt = { CiphertextBlob: CiphertextBlob!, KeyId: Arn };
  const bob = await cloud.user('bob');
  const GranteePrincipal = `arn:aws:iam::${cloud.managementAccount}:user/bob`;
  await kms.createGrant({ KeyId: Arn, GranteePrincipal, Operations: ['Decrypt'] });
  for (const caller of [kms, ours, bob.kms]) await caller.decrypt(decrypt);
  const others = { StringNotEquals: { 'aws:PrincipalAccount': account } };
  await bind('RESOURCE_CONTROL_POLICY', { Principal: '*', Action: 'kms:Decrypt', Condition: others });
  await kms.decrypt(decrypt);
  for (const caller of [ours, bob.kms]) await refusal(caller.decrypt(decrypt), 'AccessDeniedException');
  await ours.encrypt({ KeyId: Arn, Plaintext });
});
