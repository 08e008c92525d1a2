/** What real clients make of refusals: of wrong signatures, unknown keys and what is not there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Environment, folder, run, startedPlane } from './processes.ts';

const KEY = { accessKeyId: 'AKIAPLANEPLANEPLANE1', secretAccessKey: "it's/a+key" };

const BOTO = `
import boto3, os
from botocore.exceptions import ClientError
# Older ones do not know AWS_ENDPOINT_URL.
def client(name, **more):
    return boto3.client(name, endpoint_url=os.environ['AWS_ENDPOINT_URL'], **more)
def code(call):
    try:
        call()
        return 'fine'
    except ClientError as error:
        return error.response['Error']['Code']
iam = client('iam')
id = boto3.Session().get_credentials().access_key
print(client('sts').get_caller_identity()['Arn'])
iam.create_user(UserName='boto', Path='/a b/'.replace(' ', '_'), Tags=[{'Key': 'k', 'Value': 'v + w/é'}])
print(iam.get_user(UserName='boto')['User']['Tags'])
print(code(lambda: iam.get_user(UserName='nobody')))
print(code(lambda: client('sts', aws_access_key_id=id, aws_secret_access_key='x').get_caller_identity()))
print(code(lambda: client('organizations', aws_access_key_id=id, aws_secret_access_key='x').list_roots()))
print(code(lambda: client('organizations', aws_access_key_id='AKIAIOSFODNN7EXAMPLE', aws_secret_access_key='x').list_roots()))
print(code(lambda: client('cloudwatch').put_metric_data(Namespace='n', MetricData=[{'MetricName': 'm' * 200, 'Value': i} for i in range(200)])))
print(code(lambda: client('sqs', aws_access_key_id=id, aws_secret_access_key='x').list_queues()))
url = client('sts').generate_presigned_url('get_caller_identity', ExpiresIn=60, HttpMethod='GET')
import urllib.request
print(urllib.request.urlopen(url).status)
`;

const hasBoto = (await run('python3', ['-c', 'import boto3'])).code === 0;

test('boto3 talks to the plane', { skip: hasBoto ? false : 'no boto3' }, async (t) => {
  const running = await startedPlane(t, folder(t), { key: KEY, flags: ['--ephemeral'] });
  const env = {
    AWS_ENDPOINT_URL: running.endpoint,
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
  };
  const { out, err } = await run('python3', ['-c', BOTO], env);
  assert.deepEqual(
    out.trim().split('\n'),
    [
      'arn:aws:iam::000000000001:root',
      "[{'Key': 'k', 'Value': 'v + w/é'}]",
      'NoSuchEntity',
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'UnrecognizedClientException',
      'fine',
      'SignatureDoesNotMatch', // SQS once spoke the query protocol, and boto3 keeps its names.
      '200',
    ],
    err,
  );
});

for (const aws of ['aws', '/usr/bin/aws']) {
  const version = (await run(aws, ['--version'])).out.trim();
  test(`the AWS CLI (${version || aws}) talks to the plane`, { skip: version ? false : `no ${aws}` }, async (t) => {
    const running = await startedPlane(t, folder(t), { key: KEY, flags: ['--ephemeral'] });
    const env = {
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
      AWS_PAGER: '',
    };
    const cli = (args: string[], more: Environment = {}) =>
      run(aws, ['--endpoint-url', running.endpoint, ...args], { ...env, ...more });
    const who = await cli(['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text']);
    assert.equal(who.out.trim(), 'arn:aws:iam::000000000001:root', who.err);
    const wrong = await cli(['organizations', 'list-roots'], { AWS_SECRET_ACCESS_KEY: 'x' });
    assert.match(
      wrong.err,
      /\(InvalidSignatureException\) when calling the ListRoots operation: The request signature/,
    );
    const expired = await cli(['sts', 'get-caller-identity'], { AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjAAAA' });
    assert.match(expired.err, /\(InvalidClientTokenId\) when calling the GetCallerIdentity operation/);
  });
}
