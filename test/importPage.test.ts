/** docs/import.md: what its lines export from a plane, as from AWS, is what `gatehouse import account` reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outputOf } from './awsClients.ts';
import { aws, blocksOf, shell } from './pages.ts';
import { folder, startedPlane } from './processes.ts';

const skip = (!aws && 'no aws') || (outputOf('jq', '--version') === '' && 'no jq');

test('docs/import.md exports an account and its organization', { skip }, async (t) => {
  const [data, into] = [folder(t), folder(t)];
  await startedPlane(t, data, { flags: ['--ephemeral'] });
  const script = `set -e; cd '${into}'
    {
      eval "$(npx gatehouse env)"
      aws organizations create-organization
      root=$(aws organizations list-roots --query 'Roots[0].Id' --output text)
      aws organizations enable-policy-type --root-id "$root" --policy-type SERVICE_CONTROL_POLICY
      unit=$(aws organizations create-organizational-unit --parent-id "$root" --name work \
        --query OrganizationalUnit.Id --output text)
      policy=$(aws organizations create-policy --name guard --description g --type SERVICE_CONTROL_POLICY --content \
        '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*"}}' \
        --query Policy.PolicySummary.Id --output text)
      aws organizations attach-policy --policy-id "$policy" --target-id "$unit"
      aws iam create-user --user-name ann
    } > made
    ${blocksOf('docs/import.md', 'sh').join('\n')}
    npx gatehouse import account account.json credentials.json organization.json`;
  const { code, out, err } = await shell(script, data);
  assert.equal(code, 0, out + err);
  assert.deepEqual(out.trimEnd().split('\n').slice(-3), [
    // With the role of AWS Organizations and its policy.
    'loaded account.json: 1 user, 1 role, 1 managed policy',
    "loaded credentials.json: 2 users' credentials",
    'loaded organization.json: 1 organization, 2 units, 1 account, 3 organization policies',
  ]);
});
