import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { forgetResources, type Resource, type ResourceSource, registerResources } from '../../posture/inventory.ts';
import { ADMIN, type Cloud, testCloud } from '../../testing/cloud.ts';

/** A service that has one bucket, which the test puts in. */
let bucket: Resource | undefined;
const buckets: ResourceSource = {
  types: ['AWS::S3::Bucket'],
  async *list(_tx, account) {
    if (bucket?.account === account) yield bucket;
  },
  find: async (_tx, arn) => (bucket?.arn === arn ? bucket : undefined),
};
before(() => registerResources(buckets));
after(() => forgetResources(buckets));

const statement = (rest: object) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...rest });
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });

async function withAnalyzer(cloud: Cloud, type: 'ACCOUNT_INTERNAL_ACCESS' | 'ORGANIZATION_INTERNAL_ACCESS') {
  const inclusions = [{ resourceTypes: ['AWS::S3::Bucket' as const] }];
  const configuration = { internalAccess: { analysisRule: { inclusions } } };
  const { arn } = await cloud.root.accessAnalyzer.createAnalyzer({ analyzerName: 'inside', type, configuration });
  return arn!;
}

async function told(cloud: Cloud, analyzerArn: string) {
  const { findings = [] } = await cloud.root.accessAnalyzer.listFindingsV2({ analyzerArn });
  const lines: string[] = [];
  for (const { id, status } of findings.filter((finding) => finding.status === 'ACTIVE')) {
    const { findingDetails } = await cloud.root.accessAnalyzer.getFindingV2({ analyzerArn, id });
    const { principal, action, condition, accessType } = findingDetails![0]!.internalAccessDetails!;
    const name = principal!.AWS!.split('/').at(-1);
    lines.push([name, accessType, action!.length > 50 ? 'all' : action, JSON.stringify(condition), status].join(' '));
  }
  return lines.sort();
}

test('Internal findings tell who can use a watched bucket, with every policy that bears on it', async () => {
  const cloud = await testCloud();
  bucket = { arn: 'arn:aws:s3:::b', type: 'AWS::S3::Bucket', account: cloud.managementAccount };
  await cloud.user('admin', ADMIN);
  await cloud.user('reader', document(statement({ Resource: 'arn:aws:s3:::b/*' })));
  await cloud.user('elsewhere', document(statement({ Resource: 'arn:aws:s3:::other/*' })));
  const viaEndpoint = { StringEquals: { 'aws:SourceVpce': 'vpce-1' } };
  await cloud.user('endpoint', document(statement({ Condition: viaEndpoint })));
  await cloud.user('denied', ADMIN, document(statement({ Effect: 'Deny', Action: 's3:*' })));
  const analyzerArn = await withAnalyzer(cloud, 'ACCOUNT_INTERNAL_ACCESS');
  assert.deepEqual(await told(cloud, analyzerArn), [
    'admin INTRA_ACCOUNT all {} ACTIVE',
    'endpoint INTRA_ACCOUNT s3:GetObject {"aws:SourceVpce":"vpce-1"} ACTIVE',
    'reader INTRA_ACCOUNT s3:GetObject {} ACTIVE',
  ]);
  await cloud.root.iam.deleteUserPolicy({ UserName: 'reader', PolicyName: 'policy-1' });
  assert.equal((await told(cloud, analyzerArn)).length, 2);
  const unwatched = { internalAccess: { analysisRule: { inclusions: [{ resourceArns: ['arn:aws:s3:::other'] }] } } };
  await cloud.root.accessAnalyzer.updateAnalyzer({ analyzerName: 'inside', configuration: unwatched });
  assert.deepEqual(await told(cloud, analyzerArn), []);
});

test('Within an organization access crosses accounts where both sides permit it, and SCPs count', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'access-analyzer.amazonaws.com' });
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1H');
  const { Accounts } = await organizations.listAccounts({});
  const dev = Accounts!.find(({ Name }) => Name === 'dev')!.Id!;
  const policy = JSON.stringify(document(statement({ Principal: { AWS: dev }, Resource: 'arn:aws:s3:::b/*' })));
  bucket = { arn: 'arn:aws:s3:::b', type: 'AWS::S3::Bucket', account: cloud.managementAccount, policy };
  const devRoot = cloud.as(await cloud.keyFor(dev));
  await devRoot.iam.createUser({ UserName: 'dana' });
  await devRoot.iam.putUserPolicy({ UserName: 'dana', PolicyName: 'all', PolicyDocument: ADMIN });
  const analyzerArn = await withAnalyzer(cloud, 'ORGANIZATION_INTERNAL_ACCESS');
  const dana = async () => (await told(cloud, analyzerArn)).filter((line) => line.startsWith('dana'));
  assert.deepEqual(await dana(), ['dana INTRA_ORG s3:GetObject {} ACTIVE']);

  const [root] = (await organizations.listRoots({})).Roots!;
  await organizations.enablePolicyType({ RootId: root!.Id, PolicyType: 'SERVICE_CONTROL_POLICY' });
  const Content = JSON.stringify(document({ Effect: 'Deny', Action: 's3:*', Resource: '*' }));
  const scp = { Name: 'no-s3', Description: '-', Type: 'SERVICE_CONTROL_POLICY', Content } as const;
  const { Policy } = await organizations.createPolicy(scp);
  await organizations.attachPolicy({ PolicyId: Policy!.PolicySummary!.Id, TargetId: dev });
  assert.deepEqual(await dana(), []);
});
