/** Errors that AWS itself answered, as others recorded them in 2024 and 2025: the same requests, the same sentences. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListRulesCommandOutput } from '@aws-sdk/client-eventbridge';
import { type Clients, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, MY_APP } from './fixtures.ts';

type Recorded = readonly [call: (events: Clients['events']) => Promise<unknown>, code: string, message: string];

const ARN = `arn:aws:events:us-east-1:${ACCOUNT}`;
const one = '1 validation error detected:';
const failed = 'failed to satisfy constraint: Member must';
const name = 'satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+';
const long = 'This should fail with two errors 123467890123412341234123412341234';
const types = 'satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]';
const AuthParameters = { ApiKeyAuthParameters: { ApiKeyName: 'a', ApiKeyValue: 'b' } };
const connection = { AuthorizationType: 'INVALID' as 'BASIC', AuthParameters };
const destination = {
  ConnectionArn: `${ARN}:connection/c/1`,
  HttpMethod: 'POST' as const,
  InvocationEndpoint: 'https://example.com/api',
};
const target = (Id: string) => ({ Rule: 'r', Targets: [{ Id, Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:q` }] });
const tooLong = 'x'.repeat(65);
const bus = `${ARN}:event-bus/nothing`;
const rule = `${ARN}:rule/nothing`;
const noBus = 'Event bus nothing does not exist.';
const noRule = 'Rule nothing does not exist on EventBus default.';
const Tags = [{ Key: 'a', Value: 'b' }];

const RECORDED: readonly Recorded[] = [
  [
    (e) => e.createApiDestination({ ...destination, Name: 'Invalid Name With Spaces!' }),
    'ValidationException',
    `${one} Value 'Invalid Name With Spaces!' at 'name' ${failed} ${name}`,
  ],
  [
    (e) => e.createConnection({ ...connection, Name: 'c' }),
    'ValidationException',
    `${one} Value 'INVALID' at 'authorizationType' ${failed} ${types}`,
  ],
  [
    (e) => e.createConnection({ ...connection, Name: long }),
    'ValidationException',
    `3 validation errors detected: Value '${long}' at 'name' ${failed} ${name}; Value '${long}' at 'name' ${failed} have length less than or equal to 64; Value 'INVALID' at 'authorizationType' ${failed} ${types}`,
  ],
  [
    (e) => e.putTargets(target('!@#$@!#$')),
    'ValidationException',
    `${one} Value '!@#$@!#$' at 'targets.1.member.id' ${failed} ${name}`,
  ],
  [
    (e) => e.putTargets(target(tooLong)),
    'ValidationException',
    `${one} Value '${tooLong}' at 'targets.1.member.id' ${failed} have length less than or equal to 64`,
  ],
  [(e) => e.listTagsForResource({ ResourceARN: bus }), 'ResourceNotFoundException', noBus],
  [(e) => e.tagResource({ ResourceARN: bus, Tags }), 'ResourceNotFoundException', noBus],
  [(e) => e.untagResource({ ResourceARN: bus, TagKeys: ['a'] }), 'ResourceNotFoundException', noBus],
  [(e) => e.listTagsForResource({ ResourceARN: rule }), 'ResourceNotFoundException', noRule],
  [(e) => e.tagResource({ ResourceARN: rule, Tags }), 'ResourceNotFoundException', noRule],
  [(e) => e.untagResource({ ResourceARN: rule, TagKeys: ['a'] }), 'ResourceNotFoundException', noRule],
  [
    (e) => e.listTagsForResource({ ResourceARN: `${ARN}:rule/mine/nothing` }),
    'ResourceNotFoundException',
    'Rule nothing does not exist on EventBus mine.',
  ],
];

test('Errors are those that AWS was seen to answer', async () => {
  const { events } = (await testCloud()).root;
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  await events.createEventBus({ Name: 'mine' });
  for (const [call, code, message] of RECORDED) await rejected(call(events), code, message);
  const { Tags: none } = await events.listTagsForResource({ ResourceARN: `${ARN}:rule/r` });
  assert.deepEqual(none, []);
});

test('Lists come in pages', async () => {
  const { events } = (await testCloud()).root;
  for (let n = 0; n < 5; n++) await events.putRule({ Name: `rule-${n}`, EventPattern: MY_APP });
  const names: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page: ListRulesCommandOutput = await events.listRules({
      NamePrefix: 'rule-',
      Limit: 2,
      ...(NextToken !== undefined && { NextToken }),
    });
    names.push(...page.Rules!.map(({ Name }) => Name));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.deepEqual(names, ['rule-0', 'rule-1', 'rule-2', 'rule-3', 'rule-4']);
  await rejected(events.listRules({ NextToken: 'forged' }), 'ValidationException', /NextToken/);
});
