import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { certificate, pemOfList, revocationList } from './certificates.fixture.ts';
import type * as t from './types.ts';

let cloud: Cloud;
const authority = certificate({
  subject: [
    ['CN', 'Root authority'],
    ['O', 'Example'],
  ],
});
const ROLE = 'arn:aws:iam::111122223333:role/robot';
const source = (pem = authority.pem): t.Source => ({
  sourceType: 'CERTIFICATE_BUNDLE',
  sourceData: { x509CertificateData: pem },
});
beforeEach(async () => {
  cloud = await testCloud();
});
const ours = () => cloud.root.rolesanywhere;
const anchorOf = async (more: Partial<t.CreateTrustAnchorRequest> = {}) =>
  (await ours().createTrustAnchor({ name: 'anchor', source: source(), ...more } as t.CreateTrustAnchorRequest))
    .trustAnchor!;
const profileOf = async (more: Partial<t.CreateProfileRequest> = {}) =>
  (await ours().createProfile({ name: 'profile', roleArns: [ROLE], ...more } as t.CreateProfileRequest)).profile!;
const refusal = (name: string, message?: RegExp) => ({ name, ...(message && { message }) });

describe('trust anchors', () => {
  test('CreateTrustAnchor is read back as it was written', async () => {
    const made = await anchorOf({ tags: [{ key: 'team', value: 'ops' }] });
    assert.match(made.trustAnchorArn!, /^arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor\/[a-f0-9-]{36}$/);
    assert.deepEqual(made.source, source());
    assert.equal(made.enabled, false);
    assert.deepEqual(made.notificationSettings, [
      {
        enabled: true,
        event: 'CA_CERTIFICATE_EXPIRY',
        threshold: 45,
        channel: 'ALL',
        configuredBy: 'rolesanywhere.amazonaws.com',
      },
      {
        enabled: true,
        event: 'END_ENTITY_CERTIFICATE_EXPIRY',
        threshold: 45,
        channel: 'ALL',
        configuredBy: 'rolesanywhere.amazonaws.com',
      },
    ]);
    const { trustAnchor } = await ours().getTrustAnchor({ trustAnchorId: made.trustAnchorId! });
    assert.deepEqual(trustAnchor, made);
    const { tags } = await ours().listTagsForResource({ resourceArn: made.trustAnchorArn! });
    assert.deepEqual(tags, [{ key: 'team', value: 'ops' }]);
  });

  test('UpdateTrustAnchor, EnableTrustAnchor, DisableTrustAnchor and DeleteTrustAnchor', async () => {
    const { trustAnchorId } = await anchorOf();
    const second = certificate({ subject: [['CN', 'Second']] });
    const updated = await ours().updateTrustAnchor({
      trustAnchorId: trustAnchorId!,
      name: 'renamed',
      source: source(authority.pem + second.pem),
    });
    assert.equal(updated.trustAnchor!.name, 'renamed');
    assert.equal(updated.trustAnchor!.source!.sourceData!.x509CertificateData, authority.pem + second.pem);
    assert.equal((await ours().enableTrustAnchor({ trustAnchorId: trustAnchorId! })).trustAnchor!.enabled, true);
    assert.equal((await ours().disableTrustAnchor({ trustAnchorId: trustAnchorId! })).trustAnchor!.enabled, false);
    const gone = await ours().deleteTrustAnchor({ trustAnchorId: trustAnchorId! });
    assert.equal(gone.trustAnchor!.trustAnchorId, trustAnchorId);
    await assert.rejects(
      ours().getTrustAnchor({ trustAnchorId: trustAnchorId! }),
      refusal('ResourceNotFoundException', /TrustAnchor not found/),
    );
  });

  const UNFIT: readonly (readonly [string, string, RegExp])[] = [
    ['no authority', certificate({ authority: false, usage: 0x06 }).pem, /Incorrect basic constraints/],
    ['no certificate signing', certificate({ authority: true, usage: 0x80 }).pem, /Incorrect key usage/],
    ['no key usage at all', certificate({ authority: true, usage: null }).pem, /Incorrect key usage/],
    ['SHA-1', certificate({ digest: 'sha1' }).pem, /Unsupported signature algorithm/],
    ['text', 'no certificate', /Invalid certificate data/],
    ['cut short', authority.pem.replace(/\n[^\n]+\n-----END/, '\n-----END'), /Invalid certificate data/],
    ['three certificates', authority.pem.repeat(3), /at most 2 certificates/],
  ];
  for (const [what, pem, message] of UNFIT) {
    test(`CreateTrustAnchor refuses ${what}`, async () => {
      await assert.rejects(anchorOf({ source: source(pem) }), refusal('ValidationException', message));
    });
  }

  test('CreateTrustAnchor says that there is no AWS Private CA, once the request is one', async () => {
    const of = (acmPcaArn: string) => anchorOf({ source: { sourceType: 'AWS_ACM_PCA', sourceData: { acmPcaArn } } });
    const arn = 'arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222-3333-4444-555555555555';
    await assert.rejects(of(arn), refusal('NotImplemented', /AWS_ACM_PCA/));
    await assert.rejects(of('arn:aws:acm-pca:us-east-1:1:x'), refusal('ValidationException', /must be the ARN/));
    await assert.rejects(
      anchorOf({ source: { ...source(), sourceType: 'AWS_ACM_PCA' } as t.Source }),
      refusal('ValidationException', /must be the ARN/),
    );
  });

  test('notification settings are put and reset', async () => {
    const { trustAnchorId } = await anchorOf({
      notificationSettings: [{ event: 'CA_CERTIFICATE_EXPIRY', enabled: true, threshold: 10 }],
    } as never);
    const put = await ours().putNotificationSettings({
      trustAnchorId: trustAnchorId!,
      notificationSettings: [{ event: 'END_ENTITY_CERTIFICATE_EXPIRY', enabled: false } as t.NotificationSetting],
    });
    const summary = ({ trustAnchor }: { trustAnchor: t.TrustAnchorDetail | undefined }) =>
      trustAnchor!.notificationSettings!.map((each) => [each.enabled, each.threshold, each.configuredBy]);
    assert.deepEqual(summary(put), [
      [true, 10, '111122223333'],
      [false, 45, '111122223333'],
    ]);
    const reset = await ours().resetNotificationSettings({
      trustAnchorId: trustAnchorId!,
      notificationSettingKeys: [{ event: 'CA_CERTIFICATE_EXPIRY' } as t.NotificationSettingKey],
    });
    assert.deepEqual(summary(reset)[0], [true, 45, 'rolesanywhere.amazonaws.com']);
  });

  test('ListTrustAnchors pages through all of the Region', async () => {
    const made = new Set<string>();
    for (let i = 0; i < 5; i++) made.add((await anchorOf({ name: `anchor-${i}` })).trustAnchorId!);
    const seen: string[] = [];
    for (let nextToken: string | undefined, first = true; first || nextToken; first = false) {
      const page = await ours().listTrustAnchors({ pageSize: 2, nextToken });
      seen.push(...page.trustAnchors!.map((each) => each.trustAnchorId!));
      nextToken = page.nextToken;
    }
    assert.deepEqual(seen.toSorted(), [...made].toSorted());
    await assert.rejects(ours().listTrustAnchors({ nextToken: 'x', pageSize: 2 }), refusal('ValidationException'));
  });

  test('quotas hold', async () => {
    cloud = await testCloud({ quotas: { TrustAnchors: 1, Profiles: 1 } });
    await anchorOf();
    await profileOf();
    await assert.rejects(anchorOf(), refusal('ValidationException', /maximum number of trust anchors/));
    await assert.rejects(profileOf(), refusal('ValidationException', /maximum number of profiles/));
  });
});

describe('profiles', () => {
  test('CreateProfile is read back, with AWS its defaults', async () => {
    const made = await profileOf({ sessionPolicy: undefined });
    const { createdAt, updatedAt, profileId, profileArn, ...rest } = made;
    assert.deepEqual(rest, {
      name: 'profile',
      requireInstanceProperties: false,
      enabled: false,
      createdBy: 'arn:aws:iam::111122223333:root',
      roleArns: [ROLE],
      managedPolicyArns: [],
      durationSeconds: 3600,
      acceptRoleSessionName: false,
      attributeMappings: [
        { mappingRules: [{ specifier: '*' }], certificateField: 'x509Issuer' },
        {
          mappingRules: [{ specifier: 'DNS' }, { specifier: 'URI' }, { specifier: 'Name/*' }],
          certificateField: 'x509SAN',
        },
        { mappingRules: [{ specifier: '*' }], certificateField: 'x509Subject' },
      ],
    });
    assert.equal(profileArn, `arn:aws:rolesanywhere:us-east-1:111122223333:profile/${profileId}`);
    assert.deepEqual([createdAt, updatedAt], [cloud.now(), cloud.now()]);
  });

  test('UpdateProfile changes what is given, and only that', async () => {
    const { profileId } = await profileOf({ managedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] });
    const sessionPolicy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}';
    await ours().updateProfile({
      profileId: profileId!,
      sessionPolicy,
      durationSeconds: 900,
      acceptRoleSessionName: true,
    });
    const { profile } = await ours().getProfile({ profileId: profileId! });
    assert.equal(profile!.sessionPolicy, sessionPolicy);
    assert.equal(profile!.durationSeconds, 900);
    assert.equal(profile!.acceptRoleSessionName, true);
    assert.deepEqual(profile!.managedPolicyArns, ['arn:aws:iam::aws:policy/ReadOnlyAccess']);
    await assert.rejects(
      ours().updateProfile({ profileId: profileId!, sessionPolicy: '{"Statement":' }),
      refusal('ValidationException', /session policy/),
    );
  });

  test('whoever names a role in a profile must be allowed to pass it', async () => {
    const allow = (...Action: string[]) => ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
    });
    const without = await cloud.user('without', allow('rolesanywhere:*'));
    const withIt = await cloud.user('with', allow('rolesanywhere:*', 'iam:PassRole'));
    const input = { name: 'profile', roleArns: [ROLE] } as t.CreateProfileRequest;
    await assert.rejects(without.rolesanywhere.createProfile(input), refusal('AccessDeniedException', /iam:PassRole/));
    const { profile } = await withIt.rolesanywhere.createProfile(input);
    await assert.rejects(
      without.rolesanywhere.updateProfile({ profileId: profile!.profileId!, roleArns: [`${ROLE}2`] }),
      refusal('AccessDeniedException', /iam:PassRole/),
    );
    await without.rolesanywhere.updateProfile({ profileId: profile!.profileId!, durationSeconds: 1200 });
  });

  test('attribute mappings are put and deleted', async () => {
    const { profileId } = await profileOf();
    const put = await ours().putAttributeMapping({
      profileId: profileId!,
      certificateField: 'x509Subject',
      mappingRules: [{ specifier: 'CN' }, { specifier: 'OU' }],
    });
    const rules = (profile: t.ProfileDetail | undefined, field: string) =>
      profile!
        .attributeMappings!.find((each) => each.certificateField === field)
        ?.mappingRules?.map((r) => r.specifier);
    assert.deepEqual(rules(put.profile, 'x509Subject'), ['CN', 'OU']);
    const fewer = await ours().deleteAttributeMapping({
      profileId: profileId!,
      certificateField: 'x509Subject',
      specifiers: ['OU'],
    });
    assert.deepEqual(rules(fewer.profile, 'x509Subject'), ['CN']);
    const none = await ours().deleteAttributeMapping({ profileId: profileId!, certificateField: 'x509SAN' });
    assert.equal(rules(none.profile, 'x509SAN'), undefined);
    await assert.rejects(
      ours().putAttributeMapping({
        profileId: profileId!,
        certificateField: 'x509SAN',
        mappingRules: [{ specifier: 'EMAIL' }],
      }),
      refusal('ValidationException'),
    );
  });
});

describe('revocation lists', () => {
  test('ImportCrl takes DER and PEM, and gives back the same bytes', async () => {
    const { trustAnchorArn } = await anchorOf();
    const list = revocationList(authority, []);
    for (const crlData of [list, Buffer.from(pemOfList(list))]) {
      const { crl } = await ours().importCrl({ name: 'list', crlData, trustAnchorArn } as t.ImportCrlRequest);
      const read = await ours().getCrl({ crlId: crl!.crlId! });
      assert.deepEqual(Buffer.from(read.crl!.crlData!), crlData);
      assert.equal(read.crl!.trustAnchorArn, trustAnchorArn);
      assert.equal(read.crl!.enabled, false);
    }
    await assert.rejects(
      ours().importCrl({ name: 'third', crlData: list, trustAnchorArn } as t.ImportCrlRequest),
      refusal('ValidationException', /maximum number of CRLs/),
    );
    assert.equal((await ours().listCrls({})).crls!.length, 2);
  });

  test('ImportCrl refuses what is no list, and a trust anchor that is not there', async () => {
    const { trustAnchorArn } = await anchorOf();
    const input = (crlData: Buffer, arn = trustAnchorArn) =>
      ({ name: 'x', crlData, trustAnchorArn: arn }) as t.ImportCrlRequest;
    for (const bad of [Buffer.from('x'), authority.der, revocationList(authority, []).subarray(0, 90)]) {
      await assert.rejects(ours().importCrl(input(bad)), refusal('ValidationException', /Invalid CRL data/));
    }
    const elsewhere = trustAnchorArn!.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000');
    await assert.rejects(
      ours().importCrl(input(revocationList(authority, []), elsewhere)),
      refusal('ResourceNotFoundException'),
    );
  });

  test('UpdateCrl, EnableCrl, DisableCrl and DeleteCrl', async () => {
    const { trustAnchorArn } = await anchorOf();
    const { crl } = await ours().importCrl({
      name: 'x',
      crlData: revocationList(authority, []),
      trustAnchorArn,
    } as t.ImportCrlRequest);
    const crlId = crl!.crlId!;
    const next = revocationList(authority, [{ serial: 7 }]);
    assert.deepEqual(Buffer.from((await ours().updateCrl({ crlId, crlData: next, name: 'y' })).crl!.crlData!), next);
    assert.equal((await ours().enableCrl({ crlId })).crl!.enabled, true);
    assert.equal((await ours().disableCrl({ crlId })).crl!.enabled, false);
    assert.equal((await ours().deleteCrl({ crlId })).crl!.name, 'y');
    await assert.rejects(ours().getCrl({ crlId }), refusal('ResourceNotFoundException'));
  });
});

test('tags are put over one another and taken away; policies may ask for them', async () => {
  const { profileArn: resourceArn, profileId } = await profileOf({ tags: [{ key: 'a', value: '1' }] });
  await ours().tagResource({
    resourceArn,
    tags: [
      { key: 'a', value: '2' },
      { key: 'b', value: '' },
    ],
  } as t.TagResourceRequest);
  await ours().untagResource({ resourceArn, tagKeys: ['b'] } as t.UntagResourceRequest);
  const { tags } = await ours().listTagsForResource({ resourceArn } as t.ListTagsForResourceRequest);
  assert.deepEqual(tags, [{ key: 'a', value: '2' }]);
  const reader = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'rolesanywhere:GetProfile',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/a': '2' } },
    },
  });
  assert.equal((await reader.rolesanywhere.getProfile({ profileId: profileId! })).profile!.profileArn, resourceArn);
  const other = await profileOf();
  await assert.rejects(
    reader.rolesanywhere.getProfile({ profileId: other.profileId! }),
    refusal('AccessDeniedException'),
  );
});
