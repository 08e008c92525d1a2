// Policy text, request and context as a stranger might write them: every text is compiled or refused with
// PolicySyntaxError, and what compiles can be decided and explained.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  type CompiledPolicy,
  compilePolicy,
  contextOf,
  decide,
  explain,
  explanationText,
  type PolicyRequest,
  PolicySyntaxError,
  validatePolicy,
} from './index.ts';

const folder = join(import.meta.dirname, 'cases');
const seeds = readdirSync(folder).flatMap((file) =>
  (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { policies: { identity: object[]; resource?: object } }[])
    .flatMap(({ policies }) => [...policies.identity, policies.resource ?? []].flat())
    .map((document) => JSON.stringify(document)),
);

const nasty = [
  '*',
  '?',
  '$',
  '{',
  '}',
  '${',
  "', '",
  ':',
  '"',
  '\\',
  '[',
  ']',
  ',',
  '\\u0000',
  '\ufffe',
  'arn:',
  '-',
  '9',
  '/',
  ' ',
];
const edit = fc.record({ at: fc.nat(4000), remove: fc.nat(3), insert: fc.constantFrom('', ...nasty) });
const text = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) =>
  edits.reduce((now, { at, remove, insert }) => {
    const place = at % (now.length + 1);
    return now.slice(0, place) + insert + now.slice(place + remove);
  }, seed),
);
const value = fc.oneof(fc.string(), fc.constantFrom('true', '10', '203.0.113.7', '2026-01-01', '*', 'a:b:c:d:e:f'));
const context = fc.dictionary(
  fc.constantFrom('aws:username', 'aws:PrincipalTag/v', 'aws:SourceIp', 'aws:TagKeys', 'aws:PrincipalArn', '__proto__'),
  fc.oneof(value, fc.array(value, { maxLength: 3 })),
);

function compiled(source: string): CompiledPolicy | undefined {
  try {
    return compilePolicy(source);
  } catch (error) {
    assert.ok(error instanceof PolicySyntaxError, String(error));
    return undefined;
  }
}

it('compilePolicy, decide, explain and validatePolicy bear any text', () => {
  let understood = 0;
  const property = fc.property(text, text, context, fc.string(), (one, two, entries, tail) => {
    for (const kind of ['identity', 'trust', 'resource', 'scp', 'rcp', 'session'] as const) validatePolicy(one, kind);
    const policy = compiled(one);
    const other = compiled(two);
    if (!policy || !other) return;
    understood++;
    const request: PolicyRequest = {
      principal: { type: 'User', arn: 'arn:aws:iam::111122223333:user/alice' },
      action: 's3:GetObject',
      resource: `arn:aws:s3:::example-bucket/${tail}`,
      context: contextOf(entries),
      principalAccount: '111122223333',
      resourceAccount: '111122223333',
    };
    const policies = {
      identity: [policy],
      resource: other,
      boundary: policy,
      scps: [[policy, other]],
      rcps: [[other]],
    };
    const { verdict } = decide(request, policies);
    const explanation = explain(request, policies);
    assert.equal(explanation.verdict, verdict);
    assert.equal(typeof explanationText(explanation), 'string');
  });
  fc.assert(property, { numRuns: 4000 });
  assert.ok(understood > 200, `only ${understood} texts were policies`);
});
