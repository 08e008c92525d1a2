/** What docs/derivation.md claims of its example. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decide, denialReason, readPolicyCase } from '../src/policy/index.ts';

const file = join(import.meta.dirname, '../docs/examples/cross-account.json');
const example = () => JSON.parse(readFileSync(file, 'utf8'));

test('the example is denied by the resource control policy', () => {
  const { request, policies } = readPolicyCase(example());
  const decision = decide(request, policies);
  assert.equal(denialReason(decision, request.action), 'with an explicit deny in a resource control policy');
});

test('without the Deny it is allowed, and then each other layer is needed', () => {
  const open = example();
  open.policies.rcps[1].shift();
  const verdict = (value: unknown) => {
    const { request, policies } = readPolicyCase(value);
    return decide(request, policies).verdict;
  };
  assert.equal(verdict(open), 'Allowed');
  const silent = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }] };
  const changes: Readonly<Record<string, object>> = {
    identity: { identity: [silent] },
    boundary: { boundary: silent },
    resource: { resource: { ...silent, Statement: [{ ...silent.Statement[0], Principal: '*' }] } },
    scp: { scps: [open.policies.scps[0], [silent], open.policies.scps[2]] },
    rcp: { rcps: [open.policies.rcps[0], [], open.policies.rcps[2]] },
  };
  for (const [layer, change] of Object.entries(changes)) {
    const changed = { ...open, policies: { ...open.policies, ...change } };
    assert.equal(verdict(changed), 'ImplicitlyDenied', layer);
  }
});
