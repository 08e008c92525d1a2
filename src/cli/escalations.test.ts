import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { actionFact } from '../core/facts.ts';
import type { Escalations } from '../shadow/escalations.ts';
import {
  ACCOUNT,
  ADMINISTRATOR_ACCESS,
  allow,
  deny,
  dump,
  group,
  MEMBER,
  managed,
  organization,
  policy,
  role,
  roleArn,
  trust,
  user,
  userArn,
} from '../shadow/fixtures.ts';
import { type Need, type Rule, rules } from '../shadow/rules.ts';
import { escalations } from './escalations.ts';
import { folder, imported } from './imported.fixture.ts';
import { said } from './said.fixture.ts';

const run = (data: string, ...args: string[]) => said(escalations, '--data', data, ...args);

async function foundIn(...contents: object[]): Promise<Escalations> {
  const { text } = await run(await imported(...contents), '--json');
  return JSON.parse(text) as Escalations;
}

/** The first rules that lead the principal on. */
const rulesOf = (found: Escalations, principal: string): string[] => {
  const escalation = found.escalations.find((e) => e.principal === principal);
  return escalation ? [escalation.path[0]!.rule, ...escalation.alternatives.map((edge) => edge.rule)] : [];
};

const CALLER = 'caller';
const ADMIN = { attached: [ADMINISTRATOR_ACCESS] };

/** An account in which the caller meets exactly these needs of a rule. */
function accountFor(rule: Rule, needs: readonly Need[]): object {
  const isRole = rule.caller === 'role';
  const self = isRole ? roleArn(CALLER) : userArn(CALLER);
  const kind = rule.target ?? rule.makes;
  const target = kind === 'user' ? userArn('target') : roleArn('target');
  const elevates = rule.makes === 'elevated';
  const resources: Readonly<Record<Need['on'], string>> = {
    ...{ self, target, pass: target, any: '*', ownPolicy: managed('own'), ownPolicyVersion: managed('own') },
    ...{
      targetPolicy: managed('theirs'),
      ownGroup: `arn:aws:iam::${ACCOUNT}:group/own`,
      anyGroup: `arn:aws:iam::${ACCOUNT}:group/admins`,
    },
  };
  const inline = Object.fromEntries(needs.map(({ action, on }, i) => [`need-${i}`, allow(action, resources[on])]));
  const bounded = /Boundary/.test(rule.name);
  const mine = {
    inline: bounded ? { ...inline, all: allow('s3:*') } : inline,
    attached: [managed('own'), ...(bounded ? [ADMINISTRATOR_ACCESS] : [])],
    ...(bounded && { boundary: managed('bound') }),
  };
  const theirs = elevates ? { attached: [managed('theirs')] } : ADMIN;
  const trusted = trust({ AWS: ACCOUNT, ...(rule.service && { Service: rule.service }) });
  const own = /SetDefault/.test(rule.name) ? [allow('*'), allow('s3:GetObject')] : [allow('s3:GetObject')];
  return dump({
    users: [
      ...(isRole ? [] : [user(CALLER, { ...mine, groups: ['own'] })]),
      ...(kind === 'user' ? [user('target', theirs)] : []),
    ],
    roles: [
      ...(isRole ? [role(CALLER, trust({ Service: 'ec2.amazonaws.com' }), mine)] : []),
      ...(kind === 'role' ? [role('target', trusted, { ...theirs, ...(rule.profiled && { profile: 'p' }) })] : []),
    ],
    groups: [group('own'), group('admins', ADMIN)],
    policies: [
      policy('own', ...own),
      policy('theirs', allow('s3:GetObject')),
      policy('bound', allow(['s3:GetObject', ...needs.map((need) => need.action)])),
    ],
  });
}

describe('escalation rules', () => {
  it('name actions that exist', () => {
    const actions = rules.flatMap((rule) => rule.needs.map((need) => need.action));
    assert.deepEqual(
      actions.filter((action) => !actionFact(...(action.split(':') as [string, string]))),
      [],
    );
    assert.equal(new Set(rules.map((rule) => rule.name)).size, rules.length);
  });

  for (const rule of rules) {
    it(`${rule.name}: found where all it needs is allowed, not where one thing is missing`, async () => {
      const caller = rule.caller === 'role' ? roleArn(CALLER) : userArn(CALLER);
      const found = await foundIn(accountFor(rule, rule.needs));
      assert.ok(rulesOf(found, caller).includes(rule.name), JSON.stringify(found));
      for (const missing of rule.needs) {
        if (missing.rewritten) continue; // Whoever writes the trust policy needs no other leave.
        const less = await foundIn(
          accountFor(
            rule,
            rule.needs.filter((need) => need !== missing),
          ),
        );
        assert.ok(!rulesOf(less, caller).includes(rule.name), missing.action);
      }
      const { steps } = [...found.escalations.flatMap((e) => [...e.path, ...e.alternatives])].find(
        (e) => e.rule === rule.name,
      )!;
      for (const step of steps)
        if (!rule.needs.some((need) => need.rewritten)) assert.match(step.by, /^statement 1 of need-\d$/);
    });
  }
});

describe('escalations', () => {
  const keys = (name: string) => allow('iam:CreateAccessKey', userArn(name));

  it('finds the shortest path through others, and says it step by step', async () => {
    const roles = [role('deploy', trust({ AWS: userArn('dev') }), { inline: { own: keys('admin') } })];
    const users = [user('dev'), user('intern', { inline: { own: keys('dev') } }), user('admin', ADMIN), user('nobody')];
    const data = await imported(dump({ users, roles }));
    const found = JSON.parse((await run(data, '--json')).text) as Escalations;
    assert.deepEqual(
      found.escalations.map(({ principal, path }) => [principal, ...path.map(({ rule, to }) => `${rule} ${to}`)]),
      [
        [roleArn('deploy'), `CreateAccessKey ${userArn('admin')}`],
        [userArn('dev'), `AssumeRole ${roleArn('deploy')}`, `CreateAccessKey ${userArn('admin')}`],
        [
          userArn('intern'),
          `CreateAccessKey ${userArn('dev')}`,
          `AssumeRole ${roleArn('deploy')}`,
          `CreateAccessKey ${userArn('admin')}`,
        ],
      ],
    );
    const { text } = await run(data, '--principal', 'dev');
    assert.match(text, new RegExp(`^${userArn('dev')} {2}\\(2 steps\\)\n {2}-> ${roleArn('deploy')}: AssumeRole\n`));
    assert.match(text, /sts:AssumeRole on .*role\/deploy: statement 1 of trust policy of deploy/);
  });

  it('follows role chains across accounts, where both sides allow', async () => {
    const chain = (there: object, here: object) =>
      foundIn(
        dump({ users: [user('dev', { inline: { own: here } })] }),
        dump({ roles: [role('admin', there, { ...ADMIN, account: MEMBER })] }),
      );
    const assume = allow('sts:AssumeRole', roleArn('admin', MEMBER));
    assert.deepEqual(rulesOf(await chain(trust({ AWS: userArn('dev') }), assume), userArn('dev')), ['AssumeRole']);
    assert.deepEqual(rulesOf(await chain(trust({ AWS: userArn('dev') }), allow('s3:*')), userArn('dev')), []);
    assert.deepEqual(rulesOf(await chain(trust({ AWS: userArn('other') }), assume), userArn('dev')), []);
  });

  it('is stopped by SCPs, boundaries, and conditions on the service a role is passed to', async () => {
    const member = (held: object) =>
      dump({
        users: [user('dev', { account: MEMBER, ...held })],
        roles: [role('admin', trust({ Service: 'lambda.amazonaws.com' }), { ...ADMIN, account: MEMBER })],
      });
    const dev = userArn('dev', MEMBER);
    const iamFull = { inline: { own: allow('iam:*') } };
    assert.ok(rulesOf(await foundIn(member(iamFull), organization(deny('s3:*'))), dev).length > 0);
    assert.deepEqual(rulesOf(await foundIn(member(iamFull), organization(deny('iam:*'))), dev), []);
    const toLambda = (service: string) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['lambda:CreateFunction', 'lambda:InvokeFunction'],
          Resource: `arn:aws:lambda:*:${MEMBER}:function:dev-*`,
        },
        {
          Effect: 'Allow',
          Action: 'iam:PassRole',
          Resource: '*',
          Condition: { StringEquals: { 'iam:PassedToService': service } },
        },
      ],
    });
    const passing = (service: string, held = {}) =>
      foundIn(member({ inline: { own: toLambda(service) }, ...held }), organization(deny('s3:*')));
    assert.deepEqual(rulesOf(await passing('lambda.amazonaws.com'), dev), ['PassRole to a new function']);
    assert.deepEqual(rulesOf(await passing('ec2.amazonaws.com'), dev), []);
    const boundary = `arn:aws:iam::aws:policy/AmazonS3FullAccess`;
    assert.deepEqual(rulesOf(await passing('lambda.amazonaws.com', { boundary }), dev), []);
  });

  it('finds the Region that a guardrail leaves open', async () => {
    const guard = {
      ...deny('*'),
      Statement: [
        {
          Effect: 'Deny',
          NotAction: 'iam:*',
          Resource: '*',
          Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-central-1' } },
        },
      ],
    };
    const inline = { own: allow(['cloudformation:CreateStack', 'iam:PassRole']) };
    const roles = [role('admin', trust({ Service: 'cloudformation.amazonaws.com' }), { ...ADMIN, account: MEMBER })];
    const found = await foundIn(
      dump({ users: [user('dev', { account: MEMBER, inline })], roles }),
      organization(guard),
    );
    const [step] = found.escalations[0]?.path[0]?.steps.slice(-1) ?? [];
    assert.match(step?.resource ?? '', /^arn:aws:cloudformation:eu-central-1:/);
    assert.deepEqual(found.escalations[0]?.dependsOn, []);
  });

  it('tells apart what depends on a condition key', async () => {
    const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const data = await imported(
      dump({
        users: [
          user('dev', { inline: { own: allow('iam:PutUserPolicy', '*', mfa) } }),
          user('half', { inline: { own: allow('*', '*', mfa) } }),
        ],
      }),
    );
    const found = JSON.parse((await run(data, '--json')).text) as Escalations;
    assert.deepEqual(
      found.escalations.map(({ principal, dependsOn }) => [principal, dependsOn]),
      [[userArn('dev'), ['aws:MultiFactorAuthPresent']]],
    );
    assert.deepEqual(found.administrators, [{ principal: userArn('half'), isConditional: true }]);
    assert.equal((await run(data, '--fail-on', 'any')).code, 1);
    assert.equal((await run(data, '--fail-on', 'certain')).code, 0);
    assert.equal((await run(data, '--fail-on', 'any', '--absent', 'aws:MultiFactorAuthPresent')).code, 0);
    assert.equal((await run(data)).code, 0);
  });

  it('explains its usage', async () => {
    const wrong = await run(folder, '--fail-on', 'all');
    assert.deepEqual([wrong.code, wrong.err], [2, 'gatehouse: --fail-on takes any or certain.']);
    const nothing = await run(join(folder, 'none'));
    assert.equal(nothing.code, 2);
    assert.match(nothing.err, /Nothing was imported yet/);
    assert.match((await run(folder, '--help')).text, /known ways/);
  });
});
