/**
 * Loading a large account: `node bench/import.ts [PRINCIPALS]`. Writes a synthetic dump as the AWS CLI prints it,
 * imports it, and prints time and memory beside their limits.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { escalationsIn } from '../src/shadow/escalations.ts';
import { importFiles } from '../src/shadow/import.ts';
import { openShadow } from '../src/shadow/open.ts';
import { worldOf } from '../src/shadow/world.ts';
import { show } from './figures.ts';

const principals = Number(process.argv[2] ?? 100_000);
const secondsMax = (20 * principals) / 100_000;
const memoryMax = 512;
const account = '111122223333';
const created = '2024-05-01T12:00:00+00:00';
const reads = (i: number) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: `arn:aws:s3:::team-${i}/*` },
    { Effect: 'Deny', Action: 'iam:*', Resource: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } },
  ],
});
const named = (type: string, name: string, prefix: string, i: number) => ({
  Path: '/',
  Arn: `arn:aws:iam::${account}:${type}/${name}`,
  CreateDate: created,
  [`${type.charAt(0).toUpperCase()}${type.slice(1)}Name`]: name,
  [`${type.charAt(0).toUpperCase()}${type.slice(1)}Id`]: `${prefix}${String(i).padStart(17, 'A')}`,
});
const attached = (i: number) => [
  { PolicyName: `policy-${i % 500}`, PolicyArn: `arn:aws:iam::${account}:policy/policy-${i % 500}` },
];

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-import-'));
let peak = 0;
const sample = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
};

try {
  const file = join(folder, 'dump.json');
  writeDump(file, principals);
  const store = await openShadow(folder);
  const began = performance.now();
  const [result] = await importFiles(store, [file], { progress: sample });
  sample();
  const seconds = (performance.now() - began) / 1000;
  const world = await worldOf(store);
  const asked = performance.now();
  const { escalations } = await escalationsIn(world, { context: {}, absent: [], now: new Date(0) });
  const askedSeconds = (performance.now() - asked) / 1000;
  await store.close();
  if (escalations.length > 0) throw new Error('nobody in the dump can become administrator');
  if (result?.state !== 'loaded') throw new Error(JSON.stringify(result));
  const size = Math.round(statSync(file).size / 1_048_576);
  show(`${principals.toLocaleString('en')} principals (${size} MiB)`, seconds, 's', { atMost: secondsMax });
  show('escalations among them', askedSeconds, 's', { atMost: 3 * secondsMax });
  show('most memory of the import', peak / 1_048_576, 'MiB', { atMost: memoryMax });
} finally {
  rmSync(folder, { recursive: true });
}

function writeDump(file: string, count: number): void {
  const out = openSync(file, 'w');
  const users = Math.floor(count / 2);
  const write = (key: string, number: number, item: (i: number) => object, last = false) => {
    writeSync(out, `    "${key}": [\n`);
    for (let i = 0; i < number; i++) {
      const text = JSON.stringify(item(i), null, 4).replace(/^/gm, '        ');
      writeSync(out, `${text}${i === number - 1 ? '' : ','}\n`);
    }
    writeSync(out, `    ]${last ? '' : ','}\n`);
  };
  writeSync(out, '{\n');
  write('UserDetailList', users, userDetail);
  write('GroupDetailList', 50, groupDetail);
  write('RoleDetailList', count - users, roleDetail);
  write('Policies', 500, policyDetail, true);
  writeSync(out, '}\n');
  closeSync(out);
}

function userDetail(i: number) {
  return {
    ...named('user', `user-${i}`, 'AIDA', i),
    ...{
      GroupList: [`group-${i % 50}`],
      AttachedManagedPolicies: attached(i),
      Tags: [{ Key: 'team', Value: `t${i}` }],
    },
    ...(i % 2 === 0 && { UserPolicyList: [{ PolicyName: 'own', PolicyDocument: reads(i) }] }),
  };
}

function groupDetail(i: number) {
  return { ...named('group', `group-${i}`, 'AGPA', i), GroupPolicyList: [], AttachedManagedPolicies: attached(i) };
}

function roleDetail(i: number) {
  const trust = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
  return {
    ...named('role', `role-${i}`, 'AROA', i),
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
    ...{ InstanceProfileList: [], RolePolicyList: [{ PolicyName: 'own', PolicyDocument: reads(i) }] },
    ...{ AttachedManagedPolicies: attached(i), Tags: [], RoleLastUsed: { LastUsedDate: created, Region: 'eu-west-1' } },
  };
}

function policyDetail(i: number) {
  return {
    ...{ PolicyName: `policy-${i}`, PolicyId: `ANPA${String(i).padStart(17, 'A')}` },
    ...{ Arn: `arn:aws:iam::${account}:policy/policy-${i}`, Path: '/', DefaultVersionId: 'v1', CreateDate: created },
    PolicyVersionList: [{ VersionId: 'v1', IsDefaultVersion: true, CreateDate: created, Document: reads(i) }],
  };
}
