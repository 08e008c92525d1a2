import assert from 'node:assert/strict';
import { test } from 'node:test';
import { externalSignIns } from '../identity/identitySources.ts';
import { openSession } from '../identity/sessions.ts';
import { browserOn } from '../testing/browser.ts';
import { testCloud } from '../testing/cloud.ts';
import { underKey } from '../testing/customerKeys.ts';
import { operated } from '../testing/operator.ts';
import { portalOf } from '../testing/people.ts';
import { attribute, metadataOf, samlIssuer, signedResponse } from '../testing/samlIssuer.ts';

const ADA = 'ada@example.com';

test('what an identity provider says of somebody lies under the key of the instance, and comes out with it', async () => {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const { InstanceArn } = portal;
  const { ssoAdmin } = cloud.root;
  const id = await portal.person(ADA);
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id }, cloud.managementAccount);
  await underKey(portal);
  await ssoAdmin.createInstanceAccessControlAttributeConfiguration({
    InstanceArn,
    InstanceAccessControlAttributeConfiguration: { AccessControlAttributes: [] },
  });
  const issuer = samlIssuer();
  const { body } = await operated(cloud, 'POST', 'identity-source', { kind: 'saml', metadata: metadataOf([issuer]) });
  const { entityId, acsUrl } = body.gatehouse as { entityId: string; acsUrl: string };
  const attributes = attribute('https://aws.amazon.com/SAML/Attributes/AccessControl:CostCenter', 'lavender');
  const parts = { issued: cloud.now(), audience: entityId, recipient: acsUrl, destination: acsUrl, subject: ADA };
  const form = new URLSearchParams({
    SAMLResponse: Buffer.from(signedResponse({ ...parts, attributes }, issuer)).toString('base64'),
  });
  const { headers } = await cloud.send({
    ...{ method: 'POST', path: new URL(acsUrl).pathname, body: Buffer.from(form.toString()) },
    headers: { host: 'cloud.test', 'content-type': 'application/x-www-form-urlencoded' },
  });
  const browser = browserOn(cloud.send);
  await browser.go(headers.location!);
  const tags = async () => {
    await browser.go('/start');
    const role = { account: cloud.managementAccount, role: 'AdminRole' };
    const { text } = await browser.submit('/start/credentials', role);
    const token = /export AWS_SESSION_TOKEN="([^"]+)"/.exec(text)![1]!;
    return openSession(cloud.deps.secrets, token)?.tags;
  };
  const kept = () =>
    cloud.deps.store.transaction(async (tx) =>
      JSON.stringify((await tx.list(externalSignIns, [], { limit: 10 })).rows),
    );
  const expected = [{ Key: 'CostCenter', Value: 'lavender' }];
  assert.deepEqual(await tags(), expected);
  assert.doesNotMatch(await kept(), /lavender/);
  const EncryptionConfiguration = { KeyType: 'AWS_OWNED_KMS_KEY' as const };
  await ssoAdmin.updateInstance({ InstanceArn, EncryptionConfiguration });
  await cloud.settle();
  assert.match(await kept(), /lavender/);
  assert.deepEqual(await tags(), expected);
});
