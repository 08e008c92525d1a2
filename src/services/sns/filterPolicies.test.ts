import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { receiveAll, subscribedQueue } from '../../testing/queues.ts';
import { refusal } from '../../testing/rejected.ts';
import { type Filtered, passes, requireFilterPolicy } from './filterPolicies.ts';

type Attributes = Record<string, [type: string, value: string]>;

const asked = (policy: object, attributes: Attributes, body = '', scope?: string) => {
  const message: Filtered = {
    body,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, [DataType, StringValue]]) => [name, { DataType, StringValue }]),
    ),
  };
  const FilterPolicy = JSON.stringify(policy);
  return passes({ attributes: { FilterPolicy, ...(scope && { FilterPolicyScope: scope }) } }, message);
};

const order: Attributes = {
  store: ['String', 'example_corp'],
  event: ['String', 'order_placed'],
  interests: ['String.Array', '["soccer", "rugby", "hockey"]'],
  price: ['Number', '210.75'],
  encrypted: ['String', 'false'],
  source: ['String', '10.0.0.17'],
};

const ATTRIBUTE_CASES: readonly [object, boolean][] = [
  [{}, true],
  [{ store: ['example_corp'] }, true],
  [{ store: ['other'] }, false],
  [{ store: ['example_corp'], event: ['order_cancelled'] }, false],
  [{ interests: ['rugby', 'tennis'] }, true],
  [{ interests: [{ 'anything-but': ['rugby'] }] }, true],
  [{ store: [{ 'anything-but': 'example_corp' }] }, false],
  [{ store: [{ 'anything-but': { prefix: 'exam' } }] }, false],
  [{ store: [{ prefix: 'exam' }] }, true],
  [{ store: [{ suffix: 'corp' }] }, true],
  [{ store: [{ 'equals-ignore-case': 'EXAMPLE_corp' }] }, true],
  [{ store: [{ wildcard: 'ex*corp' }] }, true],
  [{ price: [{ numeric: ['>', 100, '<=', 210.75] }] }, true],
  [{ price: [{ numeric: ['=', 210] }] }, false],
  [{ source: [{ cidr: '10.0.0.0/24' }] }, true],
  [{ source: [{ cidr: '10.0.1.0/24' }] }, false],
  [{ none: [{ exists: false }] }, true],
  [{ store: [{ exists: true }] }, true],
  [{ none: [{ exists: true }] }, false],
  [{ $or: [{ store: ['other'] }, { event: ['order_placed'] }] }, true],
  [{ $or: [{ store: ['other'] }, { event: ['other'] }] }, false],
];

test('filter policies on attributes', () => {
  for (const [policy, expected] of ATTRIBUTE_CASES) {
    assert.equal(asked(policy, order), expected, JSON.stringify(policy));
  }
});

const BODY = JSON.stringify({
  order: { items: [{ sku: 'a' }, { sku: 'b' }], total: 12 },
  tags: ['x', 'y'],
  gift: null,
});
const BODY_CASES: readonly [object, boolean][] = [
  [{ order: { total: [{ numeric: ['>=', 12] }] } }, true],
  [{ order: { items: { sku: ['b'] } } }, true],
  [{ order: { items: { sku: ['c'] } } }, false],
  [{ tags: ['y'] }, true],
  [{ gift: [null] }, true],
  [{ order: { note: [{ exists: false }] } }, true],
];

test('filter policies on the body', () => {
  for (const [policy, expected] of BODY_CASES) {
    assert.equal(asked(policy, {}, BODY, 'MessageBody'), expected, JSON.stringify(policy));
  }
  assert.equal(asked({ a: [{ exists: false }] }, {}, 'no JSON', 'MessageBody'), false);
});

test('filter policies that SNS does not take', () => {
  const wrong: [string, string][] = [
    ['{', 'MessageAttributes'],
    ['[]', 'MessageAttributes'],
    ['{"a":"b"}', 'MessageAttributes'],
    ['{"a":[]}', 'MessageAttributes'],
    ['{"a":[{"near":"b"}]}', 'MessageAttributes'],
    ['{"a":{"b":["c"]}}', 'MessageAttributes'],
    ['{"a":[{"numeric":["~",1]}]}', 'MessageBody'],
    ['{"a":[1000000001]}', 'MessageBody'],
    [JSON.stringify(Object.fromEntries('abcdef'.split('').map((name) => [name, ['x']]))), 'MessageBody'],
    [JSON.stringify({ a: Array.from({ length: 151 }, (_, i) => `v${i}`) }), 'MessageBody'],
  ];
  for (const [text, scope] of wrong) {
    assert.throws(() => requireFilterPolicy(text, scope as 'MessageBody'), { name: 'InvalidParameterException' }, text);
  }
});

test('a subscriber gets what passes its filter, as it is set at the time', async () => {
  const cloud = await testCloud();
  const { sns } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const FilterPolicy = '{"colour":["red"]}';
  const { QueueUrl, SubscriptionArn } = await subscribedQueue(cloud, TopicArn!, 'red', {
    attributes: { FilterPolicy },
  });
  const publish = async (colour: string, Message = '{"size":1}') => {
    await sns.publish({
      TopicArn,
      Message,
      MessageAttributes: { colour: { DataType: 'String', StringValue: colour } },
    });
    await cloud.settle();
    return (await receiveAll(cloud, QueueUrl)).length;
  };
  assert.deepEqual([await publish('red'), await publish('blue')], [1, 0]);
  const set = (AttributeName: string, AttributeValue: string) =>
    sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue });
  await set('FilterPolicyScope', 'MessageBody');
  await set('FilterPolicy', '{"size":[{"numeric":["<",2]}]}');
  assert.deepEqual([await publish('blue'), await publish('red', '{"size":3}')], [1, 0]);
  await refusal(set('FilterPolicyScope', 'Everything'), 'InvalidParameter');
  const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn });
  assert.equal(Attributes?.FilterPolicyScope, 'MessageBody');
  await set('FilterPolicy', '');
  assert.equal(await publish('any'), 1);
});
