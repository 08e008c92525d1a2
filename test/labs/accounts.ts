/** Units and accounts of an organization, as the labs begin. */
import assert from 'node:assert/strict';
import { ADMIN, type Cloud } from '../../src/testing/cloud.ts';

export async function unit(cloud: Cloud, ParentId: string, Name: string): Promise<string> {
  const made = await cloud.root.organizations.createOrganizationalUnit({ ParentId, Name });
  return made.OrganizationalUnit!.Id!;
}

export async function accountIn(cloud: Cloud, root: string, unit: string, name: string): Promise<string> {
  const { organizations } = cloud.root;
  const begun = await organizations.createAccount({ AccountName: name, Email: `${name}@example.com` });
  cloud.advance('PT1M');
  const { CreateAccountStatus } = await organizations.describeCreateAccountStatus({
    CreateAccountRequestId: begun.CreateAccountStatus!.Id!,
  });
  assert.equal(CreateAccountStatus!.State, 'SUCCEEDED');
  const AccountId = CreateAccountStatus!.AccountId!;
  await organizations.moveAccount({ AccountId, SourceParentId: root, DestinationParentId: unit });
  return AccountId;
}

/** Through the role that every created account has, as a user of the management account. */
export async function administratorOf(cloud: Cloud, account: string, region = 'us-east-1') {
  const name = `operator-${account}-${region}`;
  const operator = await cloud.user(name, ADMIN);
  const { Credentials } = await operator.sts.assumeRole({
    RoleArn: `arn:aws:iam::${account}:role/OrganizationAccountAccessRole`,
    RoleSessionName: 'lab',
  });
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
  const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
  return cloud.as(credentials, region);
}
