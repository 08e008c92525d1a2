// What EventBridge costs: `node bench/events.ts`. Prints each measured median beside its limit: an event held against
// the 500 rules of one bus, whatever they ask for.

import { compilePattern, type RuleSet, ruleSetOf } from '../src/patterns/index.ts';
import { show } from './figures.ts';

const RULES = 500;
const EVENTS = 2_000;
const LIMIT_MICROS = 20;
const SOURCES = ['s3', 'iam', 'kms', 'sts', 'organizations', 'sqs', 'sns', 'logs', 'monitoring', 'events'];
const NAMES = ['CreateUser', 'DeleteRole', 'PutBucketPolicy', 'ConsoleLogin', 'StopLogging', 'ScheduleKeyDeletion'];

const event = (n: number) => ({
  version: '0',
  id: `${n}`,
  'detail-type': 'AWS API Call via CloudTrail',
  source: `aws.${SOURCES[n % SOURCES.length]}`,
  account: '111122223333',
  time: '2030-01-01T00:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail: {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      arn: `arn:aws:iam::111122223333:user/user-${n % 300}`,
      userName: `user-${n % 300}`,
    },
    eventSource: `${SOURCES[n % SOURCES.length]}.amazonaws.com`,
    eventName: NAMES[n % NAMES.length],
    sourceIPAddress: `10.0.${n % 256}.7`,
    requestParameters: { bucketName: `bucket-${n % 1000}`, size: n },
    errorCode: n % 3 === 0 ? 'AccessDenied' : undefined,
  },
});

const RULE_SETS: readonly (readonly [title: string, pattern: (n: number) => object])[] = [
  [
    'one call of one service each',
    (n) => ({
      source: [`aws.${SOURCES[n % SOURCES.length]}`],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: { eventName: [NAMES[n % NAMES.length], `Other${n}`], userIdentity: { userName: [`user-${n}`] } },
    }),
  ],
  ['one service each', (n) => ({ source: [`aws.${SOURCES[n % SOURCES.length]}`], detail: { errorCode: [`E${n}`] } })],
  ['a prefix each', (n) => ({ detail: { requestParameters: { bucketName: [{ prefix: `bucket-${n}` }] } } })],
  [
    'nothing to look up',
    (n) => ({ detail: { requestParameters: { size: [{ numeric: ['=', n + 0.5] }, { numeric: ['<', -n] }] } } }),
  ],
];

const events = Array.from({ length: EVENTS }, (_, n) => event(n));
for (const [title, pattern] of RULE_SETS) {
  const set = ruleSetOf(
    Array.from({ length: RULES }, (_, n) => ({ pattern: compilePattern(JSON.stringify(pattern(n))), rule: n })),
  );
  const micros = median(Array.from({ length: 15 }, () => timed(set)));
  show(`an event, ${RULES} rules: ${title}`, micros, 'µs', { atMost: LIMIT_MICROS });
}

function timed(set: RuleSet<number>): number {
  const began = performance.now();
  for (const each of events) set.matching(each);
  return ((performance.now() - began) * 1000) / EVENTS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
