import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promptly } from '../../testing/promptly.ts';
import { fieldSelection, requireSystemFields } from './fieldSelection.ts';

const fields = { '@aws.account': '111122223333', '@aws.region': 'eu-west-1', '@source.log': '/app' };

const CASES: readonly (readonly [text: string, is: boolean])[] = [
  ['@aws.account = "111122223333"', true],
  ['@aws.account != "111122223333"', false],
  ['@aws.region NOT IN ["cn-north-1"]', true],
  ['@aws.region IN ["cn-north-1", "eu-west-1"]', true],
  ['@aws.account = "111122223333" AND @aws.region = "us-east-1"', false],
  ['@aws.region = "us-east-1" OR @aws.account = "111122223333" AND @source.log = "/app"', true],
  ['(@aws.region = "us-east-1" OR @aws.account = "111122223333") and @source.log in ["/other"]', false],
];

test('Selection criteria say whose events a filter is for', () => {
  for (const [text, is] of CASES) assert.equal(fieldSelection(text)(fields), is, text);
});

const BROKEN = [
  '',
  '@aws.account',
  '@aws.partition = "aws"',
  '@aws.account = 111122223333',
  '@aws.account = "1" AND',
  '@aws.account IN []',
  '@aws.account NOT "1"',
  '(@aws.account = "1"',
  '@aws.account = "1")',
  '@aws.account = "1" @aws.region = "2"',
  '('.repeat(1_000),
  `@aws.account = "${'1'.repeat(2_000)}"`,
];

test('What are no selection criteria is refused', () => {
  for (const text of BROKEN) {
    promptly(() => assert.throws(() => fieldSelection(text), { name: 'InvalidParameterException' }, text));
  }
  requireSystemFields(['@aws.account', '@source.log']);
  assert.throws(() => requireSystemFields(['@aws.partition']), { name: 'InvalidParameterException' });
});
