import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

test('CreateServiceSpecificCredential gives two user names a service, each with its password once', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'jane' });
  const input = { UserName: 'jane', ServiceName: 'codecommit.amazonaws.com' };
  const first = (await iam.createServiceSpecificCredential(input)).ServiceSpecificCredential;
  assert.equal(first?.ServiceUserName, 'jane-at-111122223333');
  assert.equal(first?.ServicePassword?.length, 44);
  assert.match(first?.ServiceSpecificCredentialId ?? '', /^ACCA[A-Z2-7]{17}$/);
  const second = (await iam.createServiceSpecificCredential(input)).ServiceSpecificCredential;
  assert.equal(second?.ServiceUserName, 'jane+1-at-111122223333');
  await assert.rejects(iam.createServiceSpecificCredential(input), { name: 'LimitExceededException' });
  const { ServiceSpecificCredentials } = await iam.listServiceSpecificCredentials({ UserName: 'jane' });
  assert.equal(ServiceSpecificCredentials?.length, 2);
  assert.ok(ServiceSpecificCredentials?.every((row) => !('ServicePassword' in row)));
  const target = { UserName: 'jane', ServiceSpecificCredentialId: first?.ServiceSpecificCredentialId };
  const reset = await iam.resetServiceSpecificCredential(target);
  assert.notEqual(reset.ServiceSpecificCredential?.ServicePassword, first?.ServicePassword);
  await iam.updateServiceSpecificCredential({ ...target, Status: 'Inactive' });
  const listed = await iam.listServiceSpecificCredentials({ ...input });
  const changed = listed.ServiceSpecificCredentials?.find(
    (row) => row.ServiceSpecificCredentialId === target.ServiceSpecificCredentialId,
  );
  assert.equal(changed?.Status, 'Inactive');
  await iam.deleteServiceSpecificCredential(target);
  await assert.rejects(iam.deleteServiceSpecificCredential(target), {
    name: 'NoSuchEntityException',
    message: `No such credential ${target.ServiceSpecificCredentialId} exists`,
  });
});

test('long-term API keys can expire, passwords cannot', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'bot' });
  const key = { UserName: 'bot', ServiceName: 'bedrock.amazonaws.com', CredentialAgeDays: 30 };
  const made = (await iam.createServiceSpecificCredential(key)).ServiceSpecificCredential;
  assert.equal(made?.ExpirationDate?.toISOString(), '2030-01-31T00:00:00.000Z');
  assert.ok(made?.ServiceCredentialSecret);
  assert.equal(made?.ServicePassword, undefined);
  const all = await iam.listServiceSpecificCredentials({ AllUsers: true, ServiceName: 'bedrock.amazonaws.com' });
  assert.deepEqual(
    all.ServiceSpecificCredentials?.map((row) => row.UserName),
    ['bot'],
  );
  await assert.rejects(iam.createServiceSpecificCredential({ ...key, ServiceName: 'codecommit.amazonaws.com' }), {
    name: 'InvalidInputException',
  });
  for (const ServiceName of ['lambda.amazonaws.com', 'toString']) {
    await assert.rejects(iam.createServiceSpecificCredential({ UserName: 'bot', ServiceName }), {
      name: 'NoSuchEntityException',
      message: `No such service ${ServiceName} is supported for Service Specific Credentials`,
    });
  }
});
