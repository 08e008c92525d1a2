import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { ask, cloudWith, rows } from '../../../testing/logQueries.ts';
import { refusal } from '../../../testing/rejected.ts';

const arnOf = (cloud: Cloud, name: string) => `arn:aws:logs:us-east-1:${cloud.managementAccount}:lookup-table:${name}`;
const USERS = 'id,name,dept\r\n7,"Ann ""A"", the first",Eng\n8,Bob,Ops\n8,Other,Ops';

test('A lookup table is read back byte for byte, replaced, listed, tagged and deleted', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const lookupTableArn = arnOf(cloud, 'users');
  const made = await logs.createLookupTable({
    lookupTableName: 'users',
    description: 'who is who',
    tableBody: USERS,
    tags: { a: 'b' },
  });
  assert.equal(made.lookupTableArn, lookupTableArn);
  const read = await logs.getLookupTable({ lookupTableArn });
  assert.deepEqual([read.tableBody, read.description, read.sizeBytes], [USERS, 'who is who', USERS.length]);
  const { lookupTables } = await logs.describeLookupTables({ lookupTableNamePrefix: 'us' });
  assert.deepEqual(
    lookupTables?.map((t) => [t.lookupTableName, t.tableFields, t.recordsCount]),
    [['users', ['id', 'name', 'dept'], 3]],
  );
  assert.deepEqual((await logs.describeLookupTables({ lookupTableNamePrefix: 'x' })).lookupTables, []);
  assert.deepEqual((await logs.listTagsForResource({ resourceArn: lookupTableArn })).tags, { a: 'b' });
  await refusal(
    logs.createLookupTable({ lookupTableName: 'users', tableBody: USERS }),
    'ResourceAlreadyExistsException',
  );
  const large = `a,b\n${'x,y\n'.repeat(1_000_000)}`;
  await logs.updateLookupTable({ lookupTableArn, tableBody: large });
  assert.equal((await logs.getLookupTable({ lookupTableArn })).tableBody, large);
  await logs.deleteLookupTable({ lookupTableArn });
  await refusal(logs.getLookupTable({ lookupTableArn }), 'ResourceNotFoundException');
});

test('lookup adds what the table says of a field', async () => {
  const cloud = await cloudWith([
    [0, { id: 7, user: '8' }],
    [1, { id: 9 }],
  ]);
  const { logs } = cloud.root;
  await logs.createLookupTable({ lookupTableName: 'user-data', tableBody: USERS });
  assert.deepEqual(await rows(cloud, 'fields id | lookup user-data id OUTPUT name, dept | sort id'), [
    { id: '7', name: 'Ann "A", the first', dept: 'Eng' },
    { id: '9' },
  ]);
  assert.deepEqual(
    await rows(cloud, 'fields user | lookup user-data id as user, dept as nothing OUTPUT name | filter id = 7'),
    [{ user: '8' }],
  );
  const stats = 'lookup user-data id as user OUTPUT name | stats count(*) as n by name | sort name';
  assert.deepEqual(await rows(cloud, stats), [{ n: '1' }, { name: 'Bob', n: '1' }]);
  const range = { logGroupName: 'app', startTime: 0, endTime: 1 };
  await refusal(logs.startQuery({ ...range, queryString: 'lookup nothing id OUTPUT a' }), 'InvalidParameterException');
  await refusal(logs.startQuery({ ...range, queryString: 'lookup user-data id' }), 'MalformedQueryException');
});

test('A lookup table is made of the results of a query, by whoever may see them', async () => {
  const cloud = await cloudWith([
    [0, { ip: '10.0.0.1', owner: 'a,b' }],
    [1, { ip: '10.0.0.2' }],
  ]);
  await ask(cloud, 'fields ip, owner | sort ip');
  const [{ queryId } = {}] = (await cloud.root.logs.describeQueries({})).queries ?? [];
  const only = await cloud.user('only', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'logs:CreateLookupTable', Resource: '*' },
  });
  await refusal(only.logs.createLookupTable({ lookupTableName: 'ips', queryId }), 'AccessDeniedException');
  await cloud.root.logs.createLookupTable({ lookupTableName: 'ips', queryId });
  const { tableBody } = await cloud.root.logs.getLookupTable({ lookupTableArn: arnOf(cloud, 'ips') });
  assert.equal(tableBody, 'ip,owner\n10.0.0.1,"a,b"\n10.0.0.2,');
});

test('CreateLookupTable refuses what is no table', async () => {
  const { logs } = (await testCloud()).root;
  const wrong = [
    { lookupTableName: 'no spaces', tableBody: 'a' },
    { lookupTableName: 't' },
    { lookupTableName: 't', tableBody: 'a', queryId: 'x' },
    { lookupTableName: 't', tableBody: 'a,a\n1,2' },
    { lookupTableName: 't', tableBody: 'a,b\n1' },
    { lookupTableName: 't', tableBody: ',b\n1,2' },
    { lookupTableName: 't', tableBody: `a\n${'x'.repeat(10 * 1024 * 1024)}` },
    { lookupTableName: 't', tableBody: 'a', kmsKeyId: 'arn:aws:kms:us-east-1:111122223333:key/a' },
  ];
  for (const input of wrong) await refusal(logs.createLookupTable(input), 'InvalidParameterException');
});
