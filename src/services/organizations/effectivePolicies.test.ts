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

/** So many rules of a backup plan, and the rest that a plan must have. */
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
const regions = { '@@assign': ['us-east-1'] };

test('Invalid effective policies are found, with the policies behind them', async () => {
  const { organizations, root, member, attach, enable } = await organized('BACKUP_POLICY');
  await enable();
  const first = await attach('a', plan({ regions, rules: rules(1, 9), selections }), root);
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

test('What was valid last stays in force until every fault is mended, and the management account is told', async () => {
  const { cloud, organizations, root, member, attach, enable } = await organized('BACKUP_POLICY');
  await enable();
  const held = async (TargetId = member.id) => {
    const asked = { PolicyType: 'BACKUP_POLICY', TargetId } as const;
    const { PolicyContent } = (await organizations.describeEffectivePolicy(asked)).EffectivePolicy!;
    return Object.keys(JSON.parse(PolicyContent!).plans.daily.rules).length;
  };
  const events = async () => {
    const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'EffectivePolicyValidation' }],
    });
    return Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!).serviceEventDetails);
  };
  const ou = await organizations.createOrganizationalUnit({ ParentId: root, Name: 'ou' });
  const unit = ou.OrganizationalUnit!.Id!;
  await attach('a', plan({ regions, rules: rules(1, 8), selections }), root);
  const more = await attach('b', plan({ rules: rules(9, 9) }), unit);
  const move = { AccountId: member.id, SourceParentId: root, DestinationParentId: unit };
  await organizations.moveAccount(move);
  assert.equal(await held(), 9);
  assert.deepEqual(await events(), []);
  await organizations.updatePolicy({ PolicyId: more, Content: JSON.stringify(plan({ rules: rules(9, 12) })) });
  assert.equal(await held(), 9);
  assert.equal(await held(cloud.managementAccount), 8);
  await organizations.updatePolicy({ PolicyId: more, Content: JSON.stringify(plan({ rules: rules(9, 13) })) });
  assert.equal(await held(), 9);
  const [told, ...others] = await events();
  assert.deepEqual([told.accountId, told.policyType, told.state], [member.id, 'BACKUP_POLICY', 'INVALID']);
  assert.deepEqual(told.validationErrors[0].pathToError, 'plans/daily/rules');
  assert.deepEqual(others, []);
  const added = await organizations.createOrganizationalUnit({ ParentId: unit, Name: 'inner' });
  await organizations.moveAccount({
    ...{ AccountId: member.id, SourceParentId: unit, DestinationParentId: added.OrganizationalUnit!.Id! },
  });
  assert.equal(await held(), 9);
  await organizations.detachPolicy({ PolicyId: more, TargetId: unit });
  assert.equal(await held(), 8);
  assert.deepEqual(
    (await events()).map(({ state }) => state),
    ['VALID', 'INVALID'],
  );
  await organizations.attachPolicy({ PolicyId: more, TargetId: added.OrganizationalUnit!.Id! });
  assert.equal(await held(), 8);
  await organizations.moveAccount({
    ...move,
    SourceParentId: added.OrganizationalUnit!.Id!,
    DestinationParentId: root,
  });
  assert.equal(await held(), 8);
  assert.equal((await events()).length, 4);
});

test('An account that never had a valid policy has none', async () => {
  const { organizations, root, member, attach, enable } = await organized('BACKUP_POLICY');
  await enable();
  const asked = { PolicyType: 'BACKUP_POLICY', TargetId: member.id } as const;
  const PolicyId = await attach('a', plan({ rules: rules(1, 2), selections }), root);
  await assert.rejects(organizations.describeEffectivePolicy(asked), { name: 'EffectivePolicyNotFoundException' });
  const made = await organizations.createAccount({ AccountName: 'new', Email: 'new@example.com' });
  assert.equal(made.CreateAccountStatus?.State, 'IN_PROGRESS');
  await organizations.updatePolicy({
    PolicyId,
    Content: JSON.stringify(plan({ regions, rules: rules(1, 2), selections })),
  });
  const { EffectivePolicy } = await organizations.describeEffectivePolicy(asked);
  assert.deepEqual(JSON.parse(EffectivePolicy!.PolicyContent!).plans.daily.regions, ['us-east-1']);
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
