import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { merge, plain } from '../../identity/policyInheritance.ts';
import { isWellFormed } from './grammar.ts';
import { policyShapes } from './policyShapes.ts';

/** The examples of the user guide: policies by level, and what comes out. */
const assigned = (value: unknown) => ({ '@@assign': value });
const locked = (value: unknown, ...allowed: string[]) => ({
  '@@operators_allowed_for_child_policies': allowed,
  '@@assign': value,
});
const tagged = (name: string, settings: object) => ({ tags: { [name]: settings } });
const A = tagged('costcenter', {
  tag_key: assigned('CostCenter'),
  tag_value: assigned(['Development', 'Support']),
});
const B = tagged('costcenter', {
  tag_key: assigned('CostCenter'),
  tag_value: assigned(['Sandbox']),
  enforced_for: assigned(['redshift:*', 'dynamodb:table']),
});
const C = tagged('costcenter', {
  tag_key: assigned('CostCenter'),
  tag_value: { '@@append': ['Marketing'] },
  enforced_for: { '@@append': ['redshift:*', 'dynamodb:table'] },
});
const D = tagged('costcenter', {
  tag_value: { '@@remove': ['Development', 'Marketing'] },
  enforced_for: { '@@remove': ['redshift:*', 'dynamodb:table'] },
});
const E = tagged('project', {
  tag_key: locked('Project', '@@none'),
  tag_value: locked(['Maintenance', 'Escalations'], '@@append'),
});
const F = tagged('project', {
  tag_key: assigned('PROJECT'),
  tag_value: { '@@append': ['Escalations - research'] },
});
const G = tagged('project', { tag_value: locked(['Maintenance'], '@@append') });
const H = tagged('project', {
  tag_value: { '@@operators_allowed_for_child_policies': ['@@append', '@@remove'] },
});
const I = tagged('project', { tag_value: { '@@append': ['More'], '@@remove': ['Maintenance'] } });
const J = tagged('project', { tag_key: assigned('PROJECT'), tag_value: { '@@append': ['Maintenance'] } });
const K = tagged('project', { tag_key: assigned('project') });

const examples: readonly [title: string, levels: object[][], expected: object][] = [
  [
    'a child overwrites',
    [[A], [B]],
    tagged('costcenter', {
      tag_key: 'CostCenter',
      tag_value: ['Sandbox'],
      enforced_for: ['redshift:*', 'dynamodb:table'],
    }),
  ],
  [
    'a child appends',
    [[A], [C]],
    tagged('costcenter', {
      tag_key: 'CostCenter',
      tag_value: ['Development', 'Support', 'Marketing'],
      enforced_for: ['redshift:*', 'dynamodb:table'],
    }),
  ],
  ['a child removes', [[A], [C], [D]], tagged('costcenter', { tag_key: 'CostCenter', tag_value: ['Support'] })],
  [
    'a parent restricts',
    [[E], [F]],
    tagged('project', {
      tag_key: 'Project',
      tag_value: ['Maintenance', 'Escalations', 'Escalations - research'],
    }),
  ],
  ['two parents restrict', [[G, H], [I]], tagged('project', { tag_value: ['Maintenance', 'More'] })],
  ['the first of a level decides', [[J, K]], tagged('project', { tag_key: 'PROJECT', tag_value: ['Maintenance'] })],
];

const effective = (levels: readonly object[][]) =>
  plain(merge(levels.map((level) => level.map((policy, i) => ({ id: `p-${i}`, content: JSON.stringify(policy) })))));

for (const [title, levels, expected] of examples) {
  test(`Policies merge as the user guide says: ${title}`, () => {
    const shape = policyShapes.TAG_POLICY;
    for (const policy of levels.flat()) assert.ok(shape && isWellFormed(JSON.stringify(policy), shape), title);
    assert.deepEqual(effective(levels), expected);
  });
}

test('Children cannot add where the parent forbids it, nor open what it has closed', () => {
  const none = { '@@operators_allowed_for_child_policies': ['@@none'] };
  const parent = { services: { ...none, default: { ...none, opt_out_policy: locked('optOut', '@@none') } } };
  const child = { services: { lex: { opt_out_policy: assigned('optIn') } } };
  const reopened = {
    services: {
      '@@operators_allowed_for_child_policies': ['@@all'],
      default: { opt_out_policy: locked('optIn', '@@all') },
    },
  };
  const expected = { services: { default: { opt_out_policy: 'optOut' } } };
  assert.deepEqual(effective([[parent], [child]]), expected);
  assert.deepEqual(effective([[parent], [reopened], [child]]), expected);
});

test('What a parent has locked, no policy below changes', () => {
  const operator = fc.constantFrom('@@assign', '@@append', '@@remove');
  const values = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 });
  const below = fc.array(fc.tuple(operator, values), { maxLength: 5 });
  fc.assert(
    fc.property(values, below, (value, children) => {
      const levels = children.map(([name, given]) => [tagged('x', { tag_value: { [name]: given } })]);
      const parent = tagged('x', { tag_key: assigned('x'), tag_value: locked(value, '@@none') });
      assert.deepEqual(effective([[parent], ...levels]), effective([[parent]]));
    }),
  );
});

const malformed: readonly [keyof typeof policyShapes, unknown][] = [
  ['TAG_POLICY', {}],
  ['TAG_POLICY', { tag: {} }],
  ['TAG_POLICY', tagged('a', { tag_key: 'A' })],
  ['TAG_POLICY', tagged('a', { tag_key: assigned('B') })],
  ['TAG_POLICY', tagged('a', { tag_key: { '@@append': ['A'] } })],
  ['TAG_POLICY', tagged('a', { tag_value: assigned(['*@*.com']) })],
  ['TAG_POLICY', tagged('a', { tag_value: { '@@operators_allowed_for_child_policies': ['@@none', '@@all'] } })],
  ['AISERVICES_OPT_OUT_POLICY', { services: { lex: { opt_out_policy: assigned('optout') } } }],
  ['S3_POLICY', { s3_attributes: { public_access_block_configuration: assigned('some') } }],
  ['SECURITYHUB_POLICY', { securityhub: { enable_in_regions: assigned(['Ohio']) } }],
  ['BACKUP_POLICY', { plans: { p: { regions: assigned('us-east-1') } } }],
  ['CHATBOT_POLICY', { chatbot: { platforms: { irc: { client: assigned('enabled') } } } }],
];

test('Grammar refuses what is not of the type', () => {
  for (const [type, document] of malformed) {
    const shape = policyShapes[type];
    assert.ok(shape);
    assert.equal(isWellFormed(JSON.stringify(document), shape), false, JSON.stringify(document));
  }
  const shape = policyShapes.TAG_POLICY;
  assert.ok(shape);
  assert.equal(isWellFormed('{"tags":{"a":{}},"tags":{}}', shape), false);
  assert.equal(isWellFormed('not json', shape), false);
});
