import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { promptly } from '../testing/promptly.ts';
import { checkLimits, type SchemaFacts } from './constraints.ts';
import type { Limits, Service } from './operation.ts';

class InvalidInputException extends Error {
  override readonly name = 'InvalidInputException';
  readonly Reason: string;
  constructor({ message, Reason }: { message: string; Reason: string }) {
    super(message);
    this.Reason = Reason;
  }
}

function service(name: string, limits: Limits = documented(name)): Service {
  const wire = { protocols: ['awsQuery' as const] };
  const sdk = { InvalidInputException };
  return { name, prefix: name, eventSource: '', global: false, sdk, wire, limits, operations: {} };
}

function documented(name: string): Limits {
  return JSON.parse(readFileSync(new URL(`../services/${name}/limits.json`, import.meta.url), 'utf8'));
}

function complaint(of: Service, operation: string, input: unknown, facts?: SchemaFacts): string | undefined {
  try {
    checkLimits(of, operation, input, facts);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const one = '1 validation error detected:';
const failed = 'failed to satisfy constraint: Member must';
const long = 'x'.repeat(65);

const recorded: readonly [title: string, service: string, operation: string, input: object, message?: string][] = [
  [
    'enum',
    'cloudwatch',
    'SetAlarmState',
    { AlarmName: 'a', StateReason: 'r', StateValue: 'INVALID' },
    `${one} Value 'INVALID' at 'stateValue' ${failed} satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]`,
  ],
  [
    'IAM keeps values and enumerations to itself',
    'iam',
    'UpdateServiceSpecificCredential',
    { ServiceSpecificCredentialId: 'A'.repeat(21), Status: 'Invalid' },
    `${one} Value at 'status' ${failed} satisfy enum value set`,
  ],
  [
    'IAM pattern',
    'iam',
    'DeleteServiceSpecificCredential',
    { ServiceSpecificCredentialId: 'an-id-with-dashes-and-more' },
    `${one} Value at 'serviceSpecificCredentialId' ${failed} satisfy regular expression pattern: [\\w]+`,
  ],
  [
    'IAM length',
    'iam',
    'CreateRole',
    { RoleName: long, AssumeRolePolicyDocument: '{}' },
    `${one} Value at 'roleName' ${failed} have length less than or equal to 64`,
  ],
  [
    'IAM name',
    'iam',
    'CreateRole',
    { RoleName: 'a/b', AssumeRolePolicyDocument: '{}' },
    'The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the ' +
      'following: +=,.@_-',
  ],
  ['IAM missing', 'iam', 'CreateUser', {}, `${one} Value at 'userName' ${failed} not be null`],
  [
    'STS pattern',
    'sts',
    'AssumeRole',
    { RoleArn: 'arn:aws:iam::111111111111:role/r', RoleSessionName: 'a:b' },
    `${one} Value 'a:b' at 'roleSessionName' ${failed} satisfy regular expression pattern: [\\w+=,.@-]*`,
  ],
  [
    'members of list items',
    'sts',
    'AssumeRole',
    {
      RoleArn: 'arn:aws:iam::111111111111:role/r',
      RoleSessionName: 'ab',
      Tags: [
        { Key: 'a', Value: 'b' },
        { Key: '!', Value: 'b' },
      ],
    },
    `${one} Value '!' at 'tags.2.member.key' ${failed} satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+`,
  ],
  [
    'several, in the order of the model',
    'sts',
    'AssumeRole',
    { RoleSessionName: 'a', DurationSeconds: 1 },
    "3 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null; " +
      `Value 'a' at 'roleSessionName' ${failed} have length greater than or equal to 2; ` +
      `Value '1' at 'durationSeconds' ${failed} have value greater than or equal to 900`,
  ],
  [
    'range',
    'cloudtrail',
    'LookupEvents',
    { MaxResults: 51 },
    `${one} Value '51' at 'maxResults' ${failed} have value less than or equal to 50`,
  ],
  [
    'plain items of a list',
    'cloudwatch',
    'DescribeAlarms',
    { AlarmTypes: ['MetricAlarm', 'Siren'] },
    `${one} Value '[MetricAlarm, Siren]' at 'alarmTypes' ${failed} satisfy constraint: ` +
      '[Member must satisfy enum value set: [CompositeAlarm, MetricAlarm, LogAlarm]]',
  ],
  [
    'structures of a list, which are not gone into',
    'kinesis',
    'PutRecords',
    { StreamName: 's', Records: Array(501).fill({ Data: Buffer.from('x'), PartitionKey: 'p' }) },
    `${one} Value '[…]' at 'records' ${failed} have length less than or equal to 500`,
  ],
  [
    'Organizations',
    'organizations',
    'DescribeAccount',
    { AccountId: '1234' },
    'You provided a value that does not match the required pattern.',
  ],
  ['SQS', 'sqs', 'SendMessage', { QueueUrl: 'q' }, 'The request must contain the parameter MessageBody.'],
  ['path /', 'iam', 'CreateGroup', { GroupName: 'g', Path: '/' }],
  ['path /a/', 'iam', 'CreateGroup', { GroupName: 'g', Path: '/a/' }],
  ['an item that is missing', 'iam', 'CreateUser', { UserName: 'u', Tags: [null] }],
  ['an operation without limits', 'iam', 'NoSuchOperation', { A: 1 }],
];

for (const [title, name, operation, input, message] of recorded) {
  test(`checkLimits: ${title}`, () => assert.equal(complaint(service(name), operation, input), message));
}

test('checkLimits anchors alternatives as a whole', () => {
  const iam = service('iam');
  const words = `${one} Value at 'path' ${failed} satisfy regular expression pattern: (\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)`;
  for (const Path of ['/a', 'a/', 'x/y/z', '/a b/']) {
    assert.equal(complaint(iam, 'CreateGroup', { GroupName: 'g', Path }), words, Path);
  }
  const input = { TargetId: 'r-abcd; 123456789012', PolicyId: 'p-12345678' };
  assert.throws(() => checkLimits(service('organizations'), 'AttachPolicy', input), {
    name: 'InvalidInputException',
    Reason: 'INVALID_PATTERN',
  });
});

test('checkLimits goes into maps and nested structures', () => {
  const limits: Limits = {
    Op: {
      'Map{key}': { length: [1, 3] },
      'Map{value}': { pattern: '[a-z]*' },
      'Deep{value}.Type': { required: true },
      'Matrix[][].Name': { length: [0, 2] },
      Blob: { length: [0, 4] },
    },
  };
  const x = service('x', limits);
  const cases: readonly [input: object, message: string][] = [
    [
      { Map: { long: 'a' } },
      `Value '{long=a}' at 'map' failed to satisfy constraint: Map keys must satisfy constraint: [`,
    ],
    [{ Map: { a: 'A' } }, `Value '{a=A}' at 'map' failed to satisfy constraint: Map value must satisfy constraint: [`],
    [{ Deep: { attr1: {} } }, `Value null at 'deep.attr1.member.type' ${failed} not be null`],
    [{ Matrix: [[], [{ Name: 'abc' }]] }, `Value 'abc' at 'matrix.2.member.1.member.name' ${failed} have length less`],
    [{ Blob: new Uint8Array(5) }, `Value 'java.nio.HeapByteBuffer[pos=0 lim=5 cap=5]' at 'blob' ${failed} have length`],
  ];
  for (const [input, message] of cases) {
    const answer = complaint(x, 'Op', input) ?? '';
    assert.ok(answer.startsWith(`${one} ${message}`), answer);
  }
  assert.equal(
    complaint(x, 'Op', { Map: { a: 'a' }, Deep: { a: { Type: 'b' } }, Matrix: [[{ Name: 'ab' }]] }),
    undefined,
  );
});

test('checkLimits hears from the schema what is required and what is secret', () => {
  const facts: SchemaFacts = {
    required: (operation) => (operation === 'Op' ? ['Id'] : []),
    sensitive: (_operation, path) => path === 'Keys[].Secret',
  };
  const limits: Limits = { Op: { Keys: { length: [0, 1] }, 'Keys[].Secret': { length: [0, 3] } } };
  const x = service('x', limits);
  assert.equal(complaint(x, 'Op', {}, facts), `${one} Value null at 'id' ${failed} not be null`);
  const message = complaint(x, 'Op', { Id: '1', Keys: [{ Secret: 'hunter2' }, { Secret: 'a' }] }, facts) ?? '';
  assert.match(message, /^2 validation errors detected: Value at 'keys' .*; Value at 'keys\.1\.member\.secret' /);
  assert.doesNotMatch(message, /hunter2/);
});

test('checkLimits answers hostile lists with a message of bounded length', () => {
  const x = service('x', { Op: { 'Tags[].Key': { length: [1, 1] } } });
  const Tags = Array.from({ length: 100_000 }, () => ({ Key: 'ab' }));
  assert.match(complaint(x, 'Op', { Tags }) ?? '', /^100 validation errors detected/);
});

/** Text on which patterns with nested repetition take for ever, 20,000 characters long. */
const hostile = ['a', '1', '/a', 'a-', ' ', '.', '@', 'a.', '1.', 'é', '9e', '/', '12:', 'A@b.', 'P99'].flatMap(
  (piece) => {
    const text = piece.repeat(Math.ceil(20_000 / piece.length));
    return [
      text,
      `${text}\u0000`,
      `a@${text}\u0000`,
      `TM(${text}\u0000`,
      `s3://a${text}\u0000`,
      `arn:aws:sns:${text}\u0000`,
    ];
  },
);

const folders = readdirSync(new URL('../services/', import.meta.url)).filter((name) =>
  existsSync(new URL(`../services/${name}/limits.json`, import.meta.url)),
);

for (const name of folders) {
  test(`limits of ${name}: every pattern compiles and none backtracks without bound`, () => {
    const tried = new Set<string>();
    for (const members of Object.values(documented(name))) {
      for (const limit of Object.values(members)) {
        const key = JSON.stringify([limit.pattern, limit.length]);
        if (limit.pattern === undefined || tried.has(key)) continue;
        tried.add(key);
        const x = service('x', { Op: { Member: limit } });
        for (const text of hostile) {
          promptly(() => complaint(x, 'Op', { Member: text }));
        }
      }
    }
  });
}
