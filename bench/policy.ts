// What a decision costs: `node bench/policy.ts`. Prints the measured median beside its limit. The fixture is a role
// session with a 10-statement identity policy, a boundary, three levels of SCPs, a bucket policy and 11 context
// keys.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  compilePolicy,
  contextOf,
  decide,
  explain,
  explanationText,
  type PolicyRequest,
  type PolicySet,
} from '../src/policy/index.ts';
import { show } from './figures.ts';

const account = '111122223333';
const services = ['ec2', 'sqs', 'sns', 'kms', 'iam', 'logs', 'lambda', 'dynamodb', 's3', 's3'];
const statement = (service: string, i: number) => ({
  Sid: `S${i}`,
  Effect: i === 8 ? 'Deny' : 'Allow',
  Action: i === 8 ? ['s3:Delete*', 's3:PutObject'] : [`${service}:Get*`, `${service}:List*`, `${service}:Describe*`],
  Resource:
    service === 's3' ? ['arn:aws:s3:::logs-*', 'arn:aws:s3:::data-bucket/*'] : `arn:aws:${service}:*:${account}:*`,
  ...(i === 9
    ? { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' }, Bool: { 'aws:SecureTransport': 'true' } } }
    : {}),
});
const identityText = (salt: number) =>
  JSON.stringify({ Version: '2012-10-17', Id: `p${salt}`, Statement: services.map(statement) });
const boundaryText = (salt: number) =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: `b${salt}`,
    Statement: [{ Effect: 'Allow', Action: ['s3:*', 'ec2:*', 'sqs:*'], Resource: '*' }],
  });
const full = { Effect: 'Allow', Action: '*', Resource: '*' };
const guard = {
  Effect: 'Deny',
  NotAction: ['iam:*', 'sts:*'],
  Resource: '*',
  Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-west-1', 'us-east-1'] } },
};
const scpText = (salt: number, level: number) =>
  JSON.stringify({ Version: '2012-10-17', Id: `s${salt}-${level}`, Statement: level === 1 ? [full, guard] : [full] });
const bucketText = (salt: number) =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: `r${salt}`,
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: ['arn:aws:s3:::data-bucket', 'arn:aws:s3:::data-bucket/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:role/AppRole` },
        Action: 's3:GetObject',
        Resource: 'arn:aws:s3:::data-bucket/*',
        Condition: { StringLike: { 'aws:UserAgent': 'never/*' } },
      },
    ],
  });

interface Texts {
  readonly identity: string;
  readonly boundary: string;
  readonly scps: readonly string[];
  readonly bucket: string;
}

const textsOf = (salt: number): Texts => ({
  identity: identityText(salt),
  boundary: boundaryText(salt),
  scps: [scpText(salt, 0), scpText(salt, 1), scpText(salt, 2)],
  bucket: bucketText(salt),
});

function policySet(texts: Texts): PolicySet {
  return {
    identity: [compilePolicy(texts.identity)],
    boundary: compilePolicy(texts.boundary),
    scps: texts.scps.map((text) => [compilePolicy(text)]),
    resource: compilePolicy(texts.bucket),
  };
}

function request(session: number, object: number): PolicyRequest {
  return {
    principal: { type: 'AssumedRole', arn: `arn:aws:sts::${account}:assumed-role/AppRole/s${session}` },
    action: 's3:GetObject',
    resource: `arn:aws:s3:::data-bucket/reports/${object}.csv`,
    context: contextOf({
      'aws:PrincipalArn': `arn:aws:iam::${account}:role/AppRole`,
      'aws:PrincipalAccount': account,
      'aws:PrincipalType': 'AssumedRole',
      'aws:userid': `AROAEXAMPLE:s${session}`,
      'aws:PrincipalTag/team': 'blue',
      'aws:SecureTransport': 'true',
      'aws:SourceIp': '203.0.113.7',
      'aws:RequestedRegion': 'eu-west-1',
      'aws:UserAgent': 'aws-cli/2',
      'aws:CurrentTime': '2026-01-01T00:00:00Z',
      'aws:PrincipalIsAWSService': 'false',
    }),
    principalAccount: account,
    resourceAccount: account,
  };
}

/** Median and 99th percentile in microseconds of `rounds` batches of `size` calls. */
function measure(rounds: number, size: number, call: (i: number) => void): { median: number; p99: number } {
  let i = 0;
  while (i < Math.min(rounds * size, 20_000)) call(i++);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let j = 0; j < size; j++) call(i++);
    times.push(Number(process.hrtime.bigint() - start) / 1000 / size);
  }
  times.sort((a, b) => a - b);
  return { median: times[rounds >> 1] ?? 0, p99: times[Math.floor(rounds * 0.99)] ?? 0 };
}

const warm = policySet(textsOf(0));
const fixed = request(1, 1);
const verdict = decide(fixed, warm).verdict;
if (verdict !== 'Allowed') throw new Error(`the fixture is wrong: ${verdict}`);

show('decision, warm', measure(400, 500, () => decide(fixed, warm)).median, 'µs', { atMost: 3 });
show(
  'request build + decision, median',
  measure(400, 500, (i) => decide(request(i % 500, i % 20_000), warm)).median,
  'µs',
  { atMost: 1.5 },
);
show(
  'request build + decision, 99th percentile of single calls',
  measure(100_000, 1, (i) => decide(request(i % 500, i % 20_000), warm)).p99,
  'µs',
  { atMost: 10 },
);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
collect();
const before = process.memoryUsage().heapUsed;
const kept = Array.from({ length: 500 }, (_, i) => policySet(textsOf(i + 1_000_000)));
for (const set of kept) decide(fixed, set);
collect();
show('memory of a compiled set', (process.memoryUsage().heapUsed - before) / kept.length / 1024, 'KB', { atMost: 50 });

const unseen = Array.from({ length: 4_000 }, (_, i) => textsOf(i + 1));
show(
  'cold: parse + compile + decide',
  measure(2_000, 1, (i) => decide(fixed, policySet(unseen[i] as Texts))).median,
  'µs',
  { atMost: 40 },
);
show('explanation', measure(400, 50, () => explain(fixed, warm)).median, 'µs', { atMost: 25 });
show('explanation as text', measure(400, 50, () => explanationText(explain(fixed, warm))).median, 'µs', {
  atMost: 100,
});
const hostile = `{"Version":"2012-10-17","Statement":[${Array.from({ length: 3000 }, (_, i) =>
  JSON.stringify({ Effect: 'Deny', Action: `s3:*a*b*c${i}`, Resource: `arn:aws:s3:::*a*b*${i}` }),
).join()}]}`;
const start = process.hrtime.bigint();
decide(fixed, { identity: [compilePolicy(hostile)] });
const hostileMs = Number(process.hrtime.bigint() - start) / 1e6;
show(`3,000 statements (${Math.round(hostile.length / 1024)} KiB), once`, hostileMs, 'ms', { atMost: 100 });
