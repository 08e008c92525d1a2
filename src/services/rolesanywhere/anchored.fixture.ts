/** A cloud with a trust anchor, a profile and a role, and who asks for sessions there: for tests of several nouns. */
import assert from 'node:assert/strict';
import { beforeEach } from 'node:test';
import { type Cloud, type Credentials, testCloud } from '../../testing/cloud.ts';
import { certificate, type Issued, type Wanted } from './certificates.fixture.ts';
import { answerTo, type Bad, signedRequest } from './sessions.fixture.ts';
import type * as t from './types.ts';

export const ACCOUNT = '111122223333';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/robot`;
export const ALL_S3 = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
export const authority = certificate({
  subject: [
    ['C', 'US'],
    ['O', 'Example'],
    ['CN', 'Root authority'],
  ],
});
export const issued = (wanted: Wanted = {}) => certificate({ subject: [['CN', 'Alice']], by: authority, ...wanted });
export const alice = issued();

export let cloud: Cloud;
export let anchor: t.TrustAnchorDetail;
export let profile: t.ProfileDetail;

export const trust = (Condition: object = {}, Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'rolesanywhere.amazonaws.com' }, Action, Condition }],
  });

/** Each test of the file has a cloud of its own, with an anchor, a profile and a role. */
export const eachInItsOwn = () =>
  beforeEach(async () => {
    cloud = await testCloud();
    const { iam, rolesanywhere } = cloud.root;
    await iam.createRole({ RoleName: 'robot', AssumeRolePolicyDocument: trust(), MaxSessionDuration: 43200 });
    await iam.putRolePolicy({ RoleName: 'robot', PolicyName: 'all', PolicyDocument: ALL_S3 });
    anchor = (
      await rolesanywhere.createTrustAnchor({
        name: 'anchor',
        enabled: true,
        source: { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: authority.pem } },
      } as t.CreateTrustAnchorRequest)
    ).trustAnchor!;
    profile = (
      await rolesanywhere.createProfile({
        name: 'profile',
        roleArns: [ROLE],
        enabled: true,
      } as t.CreateProfileRequest)
    ).profile!;
  });

export const input = () => ({ profileArn: profile.profileArn, roleArn: ROLE, trustAnchorArn: anchor.trustAnchorArn });
export const session = (by: Issued = alice, more: object = {}, bad: Bad = {}) =>
  answerTo(cloud, signedRequest(by, { ...input(), ...more }, bad));

export const keyOf = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials) => ({
  accessKeyId,
  secretAccessKey,
  sessionToken: sessionToken!,
});

export async function refused(message: RegExp, by: Issued = alice, more: object = {}, bad: Bad = {}) {
  const { status, code, body } = await session(by, more, bad);
  assert.deepEqual([status, code], [403, 'AccessDeniedException'], JSON.stringify(body));
  assert.match(body.message, message);
}

export const trusting = (Condition: object, Action?: string[]) =>
  cloud.root.iam.updateAssumeRolePolicy({ RoleName: 'robot', PolicyDocument: trust(Condition, Action) });

export async function records(name: string) {
  const { Events } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
  });
  return (Events ?? []).map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!));
}
