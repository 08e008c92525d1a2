import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { underKey } from '../../testing/customerKeys.ts';
import { operated } from '../../testing/operator.ts';
import { portalOf } from '../../testing/people.ts';

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

async function provider() {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const KeyId = await underKey(portal);
  const { body: issued } = await operated(cloud, 'POST', 'scim-tokens', {});
  const base = new URL(String(issued.endpoint)).pathname.replace(/\/$/, '');
  const call = async (method: string, path: string, body?: object) => {
    const [at = '', query = ''] = path.split('?');
    const answer = await cloud.send({
      ...{ method, path: `${base}${at}`, query, body: Buffer.from(body ? JSON.stringify(body) : '') },
      headers: { host: 'cloud.test', authorization: `Bearer ${issued.token}`, 'content-type': 'application/scim+json' },
    });
    const text = String(answer.body);
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { ...portal, KeyId, call };
}

const person = (userName: string) => ({
  ...{ userName, displayName: `The ${userName}`, externalId: `x-${userName}`, active: true },
  name: { givenName: 'The', familyName: userName },
  emails: [{ value: `${userName}@example.com`, type: 'work', primary: true }],
});

test('SCIM writes and finds people and groups under a customer managed key, and nobody without it', async () => {
  const { cloud, KeyId, call, IdentityStoreId } = await provider();
  const { body: ada } = await call('POST', '/Users', person('ada'));
  assert.equal((await call('POST', '/Users', person('ADA'))).status, 409);
  const by = async (filter: string, kind = 'Users') =>
    (await call('GET', `/${kind}?filter=${encodeURIComponent(filter)}`)).body.Resources.map(
      ({ id }: { readonly id: string }) => id,
    );
  assert.deepEqual(await by('userName eq "Ada"'), [ada.id]);
  assert.deepEqual(await by('externalId eq "x-ada"'), [ada.id]);
  assert.deepEqual(await by('userName eq "bob"'), []);
  const renamed = [{ op: 'replace', path: 'userName', value: 'lovelace' }];
  await call('PATCH', `/Users/${ada.id}`, { schemas: [PATCH], Operations: renamed });
  assert.deepEqual(await by('userName eq "ada"'), []);
  assert.equal((await call('GET', `/Users/${ada.id}`)).body.userName, 'lovelace');
  assert.equal((await call('GET', '/Users')).body.totalResults, 1);
  const { body: group } = await call('POST', '/Groups', { displayName: 'Admins', members: [{ value: ada.id }] });
  assert.deepEqual(await by('displayName eq "admins"', 'Groups'), [group.id]);
  const described = await cloud.root.identitystore.describeUser({ IdentityStoreId, UserId: ada.id });
  assert.equal(described.UserName, 'lovelace');
  assert.equal((await call('DELETE', `/Groups/${group.id}`)).status, 204);

  await cloud.root.kms.disableKey({ KeyId });
  const { status, body } = await call('GET', `/Users/${ada.id}`);
  assert.deepEqual([status, body.status], [400, '400']);
  assert.match(body.detail, /disabled/);
});
