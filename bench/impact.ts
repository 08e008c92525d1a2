// What a replay costs: `node bench/impact.ts [RECORDS]`. Writes a synthetic trail of gzipped files as S3 has them (1.4 KB
// a record, 500 principals in 20 accounts, 14 kinds of calls), replays it against an SCP with a region lock and a rule
// about tags, and prints records a second and the peak of memory beside their limits.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { replay, resultOf } from '../src/impact/index.ts';
import { show } from './figures.ts';

const records = Number(process.argv[2] ?? 400_000);
const perFile = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'impact-bench-'));
const accounts = Array.from({ length: 20 }, (_, i) => String(200_000_000_000 + i));
const regions = ['us-east-1', 'eu-west-1', 'eu-central-1', 'ap-southeast-2'];

type Call = readonly [source: string, name: string, parameters: (i: number) => object | null];
const calls: readonly Call[] = [
  ['ec2', 'DescribeInstances', () => ({ filterSet: {}, instancesSet: {}, maxResults: 1000 })],
  [
    'ec2',
    'RunInstances',
    (i) => ({ instanceType: 't3.micro', instancesSet: { items: [{ imageId: `ami-${i % 9}` }] } }),
  ],
  [
    's3',
    'GetObject',
    (i) => ({ bucketName: `data-${i % 50}`, key: `reports/${i % 5000}.csv`, Host: 's3.amazonaws.com' }),
  ],
  ['s3', 'PutObject', (i) => ({ bucketName: `data-${i % 50}`, key: `in/${i % 5000}.csv`, 'x-amz-acl': 'private' })],
  ['s3', 'ListObjectsV2', (i) => ({ bucketName: `data-${i % 50}`, prefix: 'reports/' })],
  [
    'sts',
    'AssumeRole',
    (i) => ({ roleArn: `arn:aws:iam::${accounts[i % 20]}:role/app-${i % 25}`, roleSessionName: 's' }),
  ],
  ['kms', 'Decrypt', () => ({ encryptionAlgorithm: 'SYMMETRIC_DEFAULT', encryptionContext: { app: 'x' } })],
  ['lambda', 'GetFunction20150331v2', (i) => ({ functionName: `fn-${i % 100}` })],
  ['dynamodb', 'GetItem', (i) => ({ tableName: `table-${i % 30}`, key: { id: 'x' } })],
  ['iam', 'ListAttachedRolePolicies', (i) => ({ roleName: `app-${i % 25}` })],
  ['logs', 'CreateLogStream', (i) => ({ logGroupName: `/app/${i % 40}`, logStreamName: `${i}` })],
  ['ssm', 'GetParameters', (i) => ({ names: [`/app/${i % 40}`], withDecryption: true })],
  ['monitoring', 'DescribeAlarms', () => ({ maxRecords: 100 })],
  ['cloudformation', 'DescribeStacks', (i) => ({ stackName: `stack-${i % 20}` })],
];

function recordOf(i: number): object {
  const [source, eventName, parameters] = calls[(i * 5 + (i >> 4)) % calls.length] as Call;
  const account = accounts[i % accounts.length] as string;
  const role = `app-${(i >> 3) % 25}`;
  const id = `${i.toString(16).padStart(8, '0')}-3a5c-4f0e-9d3b-5c1f7d2e8a90`;
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLE${role}:session-${i % 97}`,
      arn: `arn:aws:sts::${account}:assumed-role/${role}/session-${i % 97}`,
      accountId: account,
      accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
      sessionContext: {
        sessionIssuer: {
          ...{ type: 'Role', principalId: `AROAEXAMPLE${role}`, accountId: account, userName: role },
          arn: `arn:aws:iam::${account}:role/${role}`,
        },
        webIdFederationData: {},
        attributes: { creationDate: '2026-01-01T00:00:00Z', mfaAuthenticated: 'false' },
      },
    },
    eventTime: new Date(1_767_225_600_000 + i * 100).toISOString().replace(/\.\d+/, ''),
    eventSource: `${source}.amazonaws.com`,
    eventName,
    awsRegion: source === 'iam' ? 'us-east-1' : regions[i % 4],
    sourceIPAddress: `203.0.113.${i % 200}`,
    userAgent: 'aws-sdk-java/1.12.400 Linux/5.10.0 OpenJDK_64-Bit_Server_VM/17.0.6+10 vendor/Eclipse_Adoptium',
    ...(i % 50 === 0 ? { errorCode: 'AccessDenied', errorMessage: 'Access Denied' } : {}),
    requestParameters: parameters(i),
    responseElements:
      i % 3 === 0 ? { requestId: id, result: { items: [{ name: 'x'.repeat(60) }, { name: role }] } } : null,
    ...{ requestID: id, eventID: id, readOnly: true, eventType: 'AwsApiCall', managementEvent: true },
    ...{ recipientAccountId: account, eventCategory: 'Management' },
    tlsDetails: {
      ...{ tlsVersion: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256' },
      clientProvidedHostHeader: `${source}.us-east-1.amazonaws.com`,
    },
  };
}

let unpacked = 0;
for (let from = 0; from < records; from += perFile) {
  const day = join(folder, `AWSLogs/CloudTrail/${(from / perFile) % 30}`);
  mkdirSync(day, { recursive: true });
  const text = JSON.stringify({
    Records: Array.from({ length: Math.min(perFile, records - from) }, (_, i) => recordOf(from + i)),
  });
  unpacked += text.length;
  writeFileSync(join(day, `trail-${from}.json.gz`), gzipSync(text));
}

const full = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
const targets = ['r-ab12', 'ou-ab12-workload', '111111111111', ...accounts];
const place = { Status: 'ACTIVE', Email: 'a@example.com', Name: 'a' };
const organization = {
  Organization: { Id: 'o-exampleorg1', MasterAccountId: '111111111111', FeatureSet: 'ALL' },
  Roots: [{ Id: 'r-ab12', Name: 'Root', PolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }] }],
  OrganizationalUnits: [{ Id: 'ou-ab12-workload', Name: 'Workloads', ParentId: 'r-ab12' }],
  Accounts: [
    { ...place, Id: '111111111111', ParentId: 'r-ab12' },
    ...accounts.map((Id) => ({ ...place, Id, ParentId: 'ou-ab12-workload' })),
  ],
  Policies: [
    {
      PolicySummary: { Id: 'p-FullAWSAccess', Name: 'FullAWSAccess', Type: 'SERVICE_CONTROL_POLICY' },
      Content: full,
      Targets: targets.map((TargetId) => ({ TargetId })),
    },
  ],
};
const scp = {
  Version: '2012-10-17',
  Statement: [
    {
      ...{ Sid: 'Regions', Effect: 'Deny', NotAction: ['iam:*', 'sts:*'], Resource: '*' },
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['us-east-1', 'eu-west-1'] } },
    },
    {
      ...{ Sid: 'Data', Effect: 'Deny', Action: 's3:GetObject', Resource: 'arn:aws:s3:::data-1/*' },
      Condition: { StringNotEquals: { 'aws:PrincipalTag/team': 'data' } },
    },
    { Sid: 'Roles', Effect: 'Deny', Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::*:role/app-7' },
  ],
};
const org = join(folder, 'org.json');
const change = join(folder, 'scp.json');
writeFileSync(org, JSON.stringify(organization));
writeFileSync(change, JSON.stringify(scp));

try {
  const started = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const question = { inputs: [org], changes: [`${change}@ou-ab12-workload`], strict: true };
  const summary = await replay([join(folder, 'AWSLogs')], question, { workers: 2 });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const spent = process.cpuUsage(cpu);
  const { counts, calls: decided } = resultOf(summary);
  if (decided !== records) throw new Error(`${decided} of ${records} records were replayed`);
  console.log(
    `     ${records.toLocaleString('en-US')} records, ${Math.round(unpacked / records)} bytes each: ${JSON.stringify(counts)}`,
  );
  show('records a second, two workers, start included', records / seconds, '/s', { atLeast: 100_000 });
  const busy = (spent.user + spent.system) / 1e6 / 2;
  console.log(
    `     ${Math.round(records / busy).toLocaleString('en-US')} /s by processor time, were both cores its own`,
  );
  show('peak of resident memory', process.resourceUsage().maxRSS / 1024, 'MB', { atMost: 500 });
} finally {
  rmSync(folder, { recursive: true });
}
