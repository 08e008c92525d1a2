import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Answer, asked, ENTERPRISE, filtered, HIDDEN, idsOf, patch, person, provider } from './scim.fixture.ts';

test('a user that a provider makes is read back, and is in the directory', async () => {
  const { cloud, call, IdentityStoreId, base } = await provider();
  const said = {
    ...person('bjensen'),
    externalId: '701984',
    addresses: [{ streetAddress: '100 Universal City Plaza', locality: 'Hollywood', type: 'work', primary: true }],
    title: 'Tour Guide',
    [ENTERPRISE]: { costCenter: '4130', manager: { value: 'boss', $ref: '../Users/boss' } },
  };
  const made = await call('POST', '/Users', { ...said, groups: [] });
  assert.equal(made.status, 201);
  const { id, meta, schemas, ...read } = made.body;
  const { schemas: _, ...written } = said;
  assert.deepEqual(read, { ...written, [ENTERPRISE]: { costCenter: '4130', manager: { value: 'boss' } } });
  assert.deepEqual(meta, {
    resourceType: 'User',
    created: '2030-01-01T00:00:00Z',
    lastModified: '2030-01-01T00:00:00Z',
  });
  assert.deepEqual(schemas, [said.schemas[0], ENTERPRISE]);
  assert.deepEqual((await call('GET', `/Users/${id}`)).body, made.body);
  const user = await cloud.root.identitystore.describeUser({ IdentityStoreId, UserId: id });
  assert.equal(user.UserName, 'bjensen');
  assert.equal(user.UserStatus, 'ENABLED');
  assert.equal(user.Addresses?.[0]?.StreetAddress, '100 Universal City Plaza');
  const Issuer = `https://scim.us-east-1.amazonaws.com${base.replace(/^\/scim/, '')}/`;
  assert.deepEqual(user.ExternalIds, [{ Issuer, Id: '701984' }]);
  const AlternateIdentifier = { ExternalId: { Issuer, Id: '701984' } };
  assert.equal((await cloud.root.identitystore.getUserId({ IdentityStoreId, AlternateIdentifier })).UserId, id);
});

test("AWS's own host takes the same requests, in the directory's Region only", async () => {
  const { cloud, base, issued } = await provider();
  const at = (region: string) => ({
    host: `scim.${region}.amazonaws.com`,
    authorization: `Bearer ${issued.token}`,
  });
  const path = `${base.replace(/^\/scim/, '')}/Users`;
  assert.equal((await asked(cloud, 'GET', path, undefined, at('us-east-1'))).status, 200);
  assert.equal((await asked(cloud, 'GET', path, undefined, at('eu-west-1'))).status, 403);
});

test('policies may tell who came by which provider', async () => {
  const { cloud, add, IdentityStoreId } = await provider();
  const UserId = await add('bjensen', { externalId: '701984' });
  const own = await add('own');
  const { ExternalIds } = await cloud.root.identitystore.describeUser({ IdentityStoreId, UserId });
  const Condition = {
    'ForAnyValue:StringEquals': { 'identitystore:UserExternalIdIssuers': ExternalIds!.map(({ Issuer }) => Issuer) },
  };
  const Statement = [{ Effect: 'Allow', Action: 'identitystore:*', Resource: '*', Condition }];
  const reader = await cloud.user('reader', JSON.stringify({ Version: '2012-10-17', Statement }));
  await reader.identitystore.describeUser({ IdentityStoreId, UserId });
  await assert.rejects(reader.identitystore.describeUser({ IdentityStoreId, UserId: own }), {
    name: 'AccessDeniedException',
  });
});

test('names, addresses and external ids are taken once: 409', async () => {
  const { call, add } = await provider();
  await add('alice', { externalId: 'a' });
  for (const more of [
    { userName: 'ALICE', emails: undefined },
    { userName: 'bob', emails: [{ value: 'Alice@example.com', primary: true }] },
    { userName: 'bob', emails: undefined, externalId: 'a' },
  ]) {
    const { status, body } = await call('POST', '/Users', { ...person('alice'), ...more });
    assert.equal(status, 409);
    assert.deepEqual(body.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error']);
    assert.equal(body.status, '409');
    assert.match(body.detail, /^Duplicate /);
  }
});

test('what AWS does not support or what is missing is refused by name', async () => {
  const { call } = await provider();
  for (const [more, detail] of [
    [
      { emails: [1, 2].map((n) => ({ value: `${n}@example.com` })) },
      'List attribute emails exceeds allowed limit of 1',
    ],
    [{ password: 'secret' }, 'The attribute password is not supported.'],
    [{ groups: [{ value: 'x' }] }, 'The attribute groups is not supported.'],
    [{ userName: undefined }, 'userName is a required attribute.'],
    [{ name: { givenName: 'x' } }, 'name.familyName is a required attribute.'],
    [{ emails: [{ value: 'x@example.com' }] }, 'The emails attribute value must be marked as primary.'],
    [{ active: 'maybe' }, 'active must be a boolean.'],
    [{ name: { givenName: '', familyName: 'x' } }, /givenName.* length greater than or equal to 1/i],
  ] as const) {
    const { status, body } = await call('POST', '/Users', { ...person('alice'), ...more });
    assert.equal(status, 400, JSON.stringify(more));
    if (typeof detail === 'string') assert.equal(body.detail, detail);
    else assert.match(body.detail, detail);
  }
  assert.equal((await call('PUT', '/Groups/x', {})).status, 400);
  assert.equal((await call('POST', '/Bulk', {})).body.detail, 'The operation is not supported.');
});

test('filters find by what they name, and pages go on by cursor', async () => {
  const { call, add } = await provider();
  const ids: string[] = [];
  for (const name of ['alice', 'bob', 'carol']) ids.push(await add(name, { externalId: `x-${name}` }));
  for (const [filter, found] of [
    ['userName eq "BOB"', [ids[1]]],
    ['externalId eq "x-carol"', [ids[2]]],
    [`id eq "${ids[0]}"`, [ids[0]]],
    ['userName eq "nobody"', []],
    [`id eq "${ids[0]}" and manager eq "boss"`, []],
  ] as const) {
    const answer = await call('GET', `/Users${filtered(filter)}`);
    assert.deepEqual(idsOf(answer), found, filter);
    assert.equal(answer.body.totalResults, found.length);
  }
  for (const filter of ['userName co "b"', 'title eq "x"', 'userName eq bob', 'userName eq "a" or id eq "b"']) {
    const { status, body } = await call('GET', `/Users${filtered(filter)}`);
    assert.deepEqual([status, body.detail], [400, 'Invalid Filter format'], filter);
  }
  const seen: string[] = [];
  let cursor: string | undefined = '';
  while (cursor !== undefined) {
    const { body }: Answer = await call('GET', `/Users?cursor=${cursor}&count=2`);
    assert.ok(body.itemsPerPage <= 2);
    seen.push(...body.Resources.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor;
  }
  assert.deepEqual(seen.toSorted(), ids.toSorted());
  const { body } = await call('GET', '/Users?cursor&count=2');
  const other = `/Users?cursor=${body.nextCursor}&filter=${encodeURIComponent('userName eq "bob"')}`;
  assert.equal((await call('GET', other)).status, 400);
  assert.equal((await call('GET', '/Users?startIndex=101')).status, 400);
  assert.equal((await call('GET', '/Users?startIndex=1&count=100')).body.totalResults, 3);
});

test('PATCH as Okta and as Entra send it', async () => {
  const { cloud, call, add, IdentityStoreId } = await provider();
  const id = await add('alice');
  const change = (...operations: object[]) => call('PATCH', `/Users/${id}`, patch(...operations));
  const okta = await change({ op: 'replace', value: { active: false } });
  assert.equal(okta.status, 200);
  assert.equal(okta.body.active, false);
  const { UserStatus } = await cloud.root.identitystore.describeUser({ IdentityStoreId, UserId: id });
  assert.equal(UserStatus, 'DISABLED');
  const entra = await change(
    { op: 'Replace', path: 'active', value: 'True' },
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'new@example.com' },
    { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Oslo' },
    { op: 'Add', path: 'name.givenName', value: 'Alicia' },
    { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Tours' },
    { op: 'Add', path: `${ENTERPRISE}:manager`, value: 'boss' },
  );
  assert.equal(entra.status, 200, JSON.stringify(entra.body));
  const { active, emails, addresses, name } = entra.body;
  assert.deepEqual(
    { active, emails, addresses, name },
    {
      active: true,
      emails: [{ value: 'new@example.com', type: 'work', primary: true }],
      addresses: [{ type: 'work', primary: true, locality: 'Oslo' }],
      name: { givenName: 'Alicia', familyName: 'alice' },
    },
  );
  assert.deepEqual(entra.body[ENTERPRISE], { department: 'Tours', manager: { value: 'boss' } });
  const dotted = await change({ op: 'Add', value: { 'name.familyName': 'Doe', [`${ENTERPRISE}:division`]: 'Theme' } });
  assert.equal(dotted.body.name.familyName, 'Doe');
  const byValue = await change({ op: 'replace', path: 'emails[value eq "new@example.com"].type', value: 'home' });
  assert.deepEqual(byValue.body.emails, [{ value: 'new@example.com', type: 'home', primary: true }]);
  const without = await change({ op: 'remove', path: `${ENTERPRISE}:manager` }, { op: 'remove', path: 'addresses' });
  assert.deepEqual(without.body[ENTERPRISE], { department: 'Tours', division: 'Theme' });
  assert.equal(without.body.addresses, undefined);
});

test('PATCH refuses what cannot be, and then changes nothing', async () => {
  const { call, add } = await provider();
  const id = await add('alice');
  const before = (await call('GET', `/Users/${id}`)).body;
  for (const operations of [
    [{ op: 'remove' }],
    [{ op: 'remove', path: 'userName' }],
    [{ op: 'remove', path: 'displayName' }],
    [{ op: 'move', path: 'title', value: 'x' }],
    [{ op: 'add', path: 'title' }],
    [{ op: 'add', path: 'shoeSize', value: 'x' }],
    [{ op: 'add', path: 'name..givenName', value: 'x' }],
    [{ op: 'add', path: '__proto__.polluted', value: 'x' }],
    [
      { op: 'replace', path: 'title', value: 'x' },
      { op: 'replace', path: 'active', value: true },
      { op: 'replace', path: 'active', value: false },
    ],
    [{ op: 'add', path: 'emails', value: [{ value: 'second@example.com', primary: true }] }],
    [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'second@example.com' }],
  ]) {
    const { status } = await call('PATCH', `/Users/${id}`, patch(...operations));
    assert.equal(status, 400, JSON.stringify(operations));
  }
  assert.deepEqual((await call('GET', `/Users/${id}`)).body, before);
  assert.equal((await call('PATCH', '/Users/nobody', patch({ op: 'add', path: 'title', value: 'x' }))).status, 404);
});

test('PUT takes away what it does not say; DELETE takes all', async () => {
  const { call, add } = await provider();
  const id = await add('alice', { title: 'CISO', externalId: 'a' });
  const put = await call('PUT', `/Users/${id}`, { ...person('alice'), id, externalId: 'a', nickName: 'Al' });
  assert.equal(put.status, 200);
  assert.equal(put.body.title, undefined);
  assert.equal(put.body.nickName, 'Al');
  assert.equal((await call('DELETE', `/Users/${id}`)).status, 204);
  assert.equal((await call('GET', `/Users/${id}`)).status, 404);
  assert.equal((await call('DELETE', `/Users/${id}`)).status, 404);
  await add('alice', { externalId: 'a' });
});

test('groups: members come and go one by one, and are asked for, not shown', async () => {
  const { call, add } = await provider();
  const [alice, bob] = [await add('alice'), await add('bob')];
  const made = await call('POST', '/Groups', { displayName: 'Admins', externalId: 'g', members: [{ value: alice }] });
  assert.equal(made.status, 201);
  const { id } = made.body;
  assert.equal((await call('POST', '/Groups', { displayName: 'ADMINS' })).body.detail, 'Duplicate GroupDisplayName');
  const members = async () => idsOf(await call('GET', `/Users${filtered(`groups.value eq "${id}"`)}`)).toSorted();
  assert.deepEqual(await members(), [alice]);
  const change = async (...operations: object[]) => (await call('PATCH', `/Groups/${id}`, patch(...operations))).status;
  assert.equal(await change({ op: 'add', path: 'members', value: [{ value: bob, display: 'bob' }] }), 204);
  assert.equal(await change({ op: 'Add', path: 'members', value: [{ $ref: null, value: bob }] }), 204);
  assert.deepEqual(await members(), [alice, bob].toSorted());
  const both = filtered(`id eq "${id}" and members eq "${bob}"`);
  assert.deepEqual(idsOf(await call('GET', `/Groups${both}`)), [id]);
  assert.deepEqual(idsOf(await call('GET', `/Groups${filtered(`members.value eq "${bob}"`)}`)), [id]);
  assert.equal(await change({ op: 'remove', path: `members[value eq "${bob}"]` }), 204);
  assert.equal(await change({ op: 'Remove', path: 'members', value: [{ value: alice }] }), 204);
  assert.deepEqual(await members(), []);
  assert.deepEqual(idsOf(await call('GET', `/Groups${both}`)), []);
  assert.equal(await change({ op: 'replace', value: { id, displayName: 'Owners' } }), 204);
  const { body } = await call('GET', `/Groups${filtered('displayName eq "owners"')}`);
  assert.deepEqual(body.Resources[0].members, []);
  assert.equal(body.Resources[0].externalId, 'g');
  for (const operation of [
    { op: 'replace', path: 'members', value: [{ value: bob }] },
    { op: 'remove', path: 'members' },
    { op: 'add', path: 'members', value: Array.from({ length: 101 }, () => ({ value: bob })) },
    { op: 'replace', path: 'description', value: 'x' },
  ]) {
    assert.equal(await change(operation), 400, JSON.stringify(operation).slice(0, 80));
  }
  assert.equal(await change({ op: 'add', path: 'members', value: [{ value: 'nobody' }] }), 404);
  assert.equal((await call('DELETE', `/Groups/${id}`)).status, 204);
  assert.equal((await call('GET', `/Groups/${id}`)).status, 404);
});

test('every call leaves a record, in which people have no names', async () => {
  const { cloud, call, add, issued } = await provider();
  const id = await add('alice');
  await call('PATCH', `/Users/${id}`, patch({ op: 'remove', value: 'alice' }));
  const recordOf = async (AttributeValue: string) => {
    const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue }];
    const { Events } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
    const text = Events![0]!.CloudTrailEvent!;
    assert.ok(!/alice/.test(text), text);
    assert.ok(!text.includes(issued.token));
    return JSON.parse(text);
  };
  const made = await recordOf('CreateUser');
  assert.equal(made.eventSource, 'identitystore-scim.amazonaws.com');
  assert.equal(made.userIdentity.type, 'WebIdentityUser');
  assert.equal(made.userIdentity.accountId, cloud.managementAccount);
  assert.equal(made.requestParameters.httpBody.userName, HIDDEN);
  assert.equal(made.requestParameters.httpBody.active, true);
  assert.equal(made.responseElements.id, id);
  const failed = await recordOf('PatchUser');
  assert.equal(failed.errorCode, 'ValidationException');
  assert.equal(failed.errorMessage, 'Missing path in PATCH request');
  assert.equal(failed.userIdentity.type, 'Unknown');
  assert.equal((await recordOf('CreateBearerToken')).eventSource, 'sso-directory.amazonaws.com');
});

test('the endpoint says what it can', async () => {
  const { call } = await provider();
  const { body } = await call('GET', '/ServiceProviderConfig');
  assert.deepEqual([body.patch, body.bulk.supported, body.filter.supported], [{ supported: true }, false, true]);
  assert.equal((await call('GET', '/Schemas')).body.totalResults, 3);
  assert.equal((await call('GET', `/Schemas/${ENTERPRISE}`)).body.name, 'EnterpriseUser');
  assert.deepEqual(
    (await call('GET', '/ResourceTypes')).body.Resources.map(({ endpoint }: { endpoint: string }) => endpoint),
    ['/Users', '/Groups'],
  );
});
