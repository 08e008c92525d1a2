import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

type Type = 'TAG_POLICY' | 'BACKUP_POLICY' | 'SECURITYHUB_POLICY' | 'SECURITYHUB_CSPM_POLICY';

async function organized(type: Type) {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const root = (await organizations.listRoots()).Roots?.[0]?.Id ?? '';
  const member = await cloud.memberAccount('dev');
  const sent = await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: member.id } });
  await member.root.organizations.acceptHandshake({ HandshakeId: sent.Handshake?.Id });
  const attach = async (Name: string, content: object, TargetId: string) => {
    const input = { Name, Description: '', Type: type, Content: JSON.stringify(content) };
    const PolicyId = (await organizations.createPolicy(input)).Policy?.PolicySummary?.Id ?? '';
    await organizations.attachPolicy({ PolicyId, TargetId });
    return PolicyId;
  };
  const enable = () => organizations.enablePolicyType({ RootId: root, PolicyType: type });
  return { cloud, organizations, root, member, attach, enable };
}

test('DescribeEffectivePolicy merges what the account inherits with what it has', async () => {
  const { organizations, root, member, attach, enable } = await organized('TAG_POLICY');
  await enable();
  const theirs = member.root.organizations;
  await assert.rejects(theirs.describeEffectivePolicy({ PolicyType: 'TAG_POLICY' }), {
    name: 'EffectivePolicyNotFoundException',
  });
  const values = (operator: string, value: string) => ({
    tags: { stage: { tag_key: { '@@assign': 'Stage' }, tag_value: { [operator]: [value] } } },
  });
  await attach('root', values('@@assign', 'dev'), root);
  await attach('account', values('@@append', 'prod'), member.id);
  const { EffectivePolicy } = await theirs.describeEffectivePolicy({ PolicyType: 'TAG_POLICY' });
  assert.equal(EffectivePolicy?.TargetId, member.id);
  assert.deepEqual(JSON.parse(EffectivePolicy?.PolicyContent ?? ''), {
    tags: { stage: { tag_key: 'Stage', tag_value: ['dev', 'prod'] } },
  });
  const own = await organizations.describeEffectivePolicy({ PolicyType: 'TAG_POLICY' });
  assert.deepEqual(JSON.parse(own.EffectivePolicy?.PolicyContent ?? '').tags.stage.tag_value, ['dev']);
  const others = await organizations.describeEffectivePolicy({ PolicyType: 'TAG_POLICY', TargetId: member.id });
  assert.deepEqual(others.EffectivePolicy, EffectivePolicy);
  await assert.rejects(
    theirs.describeEffectivePolicy({ PolicyType: 'TAG_POLICY', TargetId: own.EffectivePolicy?.TargetId }),
    { name: 'AccessDeniedException', message: "You don't have permissions to access this resource." },
  );
  await assert.rejects(organizations.describeEffectivePolicy({ PolicyType: 'TAG_POLICY', TargetId: root }), {
    name: 'InvalidInputException',
    Reason: 'TARGET_NOT_SUPPORTED',
  });
});

test('Invalid effective policies are found, with the policies behind them', async () => {
  const { organizations, root, member, attach, enable } = await organized('BACKUP_POLICY');
  await enable();
  const rules = (from: number, to: number) =>
    Object.fromEntries(
      Array.from({ length: to - from + 1 }, (_, i) => [
        `rule${from + i}`,
        {
          schedule_expression: { '@@assign': 'cron(0 5 ? * * *)' },
          target_backup_vault_name: { '@@assign': 'Default' },
        },
      ]),
    );
  const selections = {
    tags: {
      all: {
        iam_role_arn: { '@@assign': 'arn:aws:iam::$account:role/Backup' },
        tag_key: { '@@assign': 'backup' },
        tag_value: { '@@assign': ['yes'] },
      },
    },
  };
  const plan = (more: object) => ({ plans: { daily: more } });
  const first = await attach(
    'a',
    plan({ regions: { '@@assign': ['us-east-1'] }, rules: rules(1, 9), selections }),
    root,
  );
  const faulty = async () =>
    (await organizations.listAccountsWithInvalidEffectivePolicy({ PolicyType: 'BACKUP_POLICY' })).Accounts?.map(
      (account) => account.Id,
    );
  assert.deepEqual(await faulty(), []);
  const second = await attach('b', plan({ rules: rules(10, 11) }), member.id);
  assert.deepEqual(await faulty(), [member.id]);
  const question = { AccountId: member.id, PolicyType: 'BACKUP_POLICY' } as const;
  const told = await organizations.listEffectivePolicyValidationErrors(question);
  assert.deepEqual(
    told.EffectivePolicyValidationErrors?.map((error) => [
      error.ErrorCode,
      error.PathToError,
      error.ContributingPolicies,
    ]),
    [['ELEMENTS_TOO_MANY', 'plans/daily/rules', [first, second]]],
  );
  await organizations.detachPolicy({ PolicyId: first, TargetId: root });
  const errors = (await organizations.listEffectivePolicyValidationErrors(question)).EffectivePolicyValidationErrors;
  assert.deepEqual(
    errors?.map((error) => [error.ErrorCode, error.PathToError]),
    [
      ['KEY_REQUIRED', 'plans/daily/regions'],
      ['KEY_REQUIRED', 'plans/daily/selections'],
    ],
  );
});

test('Some types want trusted access first, and hold it', async () => {
  const { organizations, enable } = await organized('SECURITYHUB_POLICY');
  await assert.rejects(enable(), { name: 'ConstraintViolationException', Reason: 'SERVICE_ACCESS_NOT_ENABLED' });
  const service = { ServicePrincipal: 'securityhub.amazonaws.com' };
  await organizations.enableAWSServiceAccess(service);
  await enable();
  await assert.rejects(organizations.disableAWSServiceAccess(service), {
    name: 'ConstraintViolationException',
    Reason: 'POLICY_TYPE_ENABLED_FOR_THIS_SERVICE',
  });
  await assert.rejects(organizations.enableAWSServiceAccess({ ServicePrincipal: 'example.com' }), {
    name: 'InvalidInputException',
    Reason: 'UNRECOGNIZED_SERVICE_PRINCIPAL',
  });
});

test('A type without a published syntax is refused, not pretended', async () => {
  const { enable } = await organized('SECURITYHUB_CSPM_POLICY');
  await assert.rejects(enable(), { name: 'NotImplemented' });
});
