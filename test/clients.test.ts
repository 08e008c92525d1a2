/**
 * AWS's own command lines and boto3, unmodified, against a plane on a socket. Whatever is not on the machine is skipped
 * and says so; CI installs all of them.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { awsOf, environment, pythonWith } from './awsClients.ts';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);
const REGION = 'eu-central-1';

const UNKNOWN = ['sns list-platform-applications', 'sns get-endpoint-attributes --endpoint-arn a'];

for (const major of [1, 2] as const) {
  const aws = awsOf(major);
  test(`the AWS CLI, version ${major}`, { skip: aws === undefined && `no AWS CLI ${major} here` }, async (t) => {
    const plane = await planeOnSocket(t);
    const env = environment(plane, { AWS_DEFAULT_REGION: REGION });
    const call = async (line: string) => {
      const args = ['--endpoint-url', plane.endpoint, '--output', 'json', ...line.split(' ')];
      const { stdout } = await run(aws as string, args, { env });
      return JSON.parse(stdout || '{}');
    };
    const account = plane.cloud.managementAccount;

    assert.equal((await call('sts get-caller-identity')).Arn, `arn:aws:iam::${account}:root`);
    const { User: made } = await call('iam create-user --user-name alice --path /people/ --tags Key=team,Value=blue');
    assert.equal(made.Arn, `arn:aws:iam::${account}:user/people/alice`);
    assert.deepEqual((await call('iam list-user-tags --user-name alice')).Tags, [{ Key: 'team', Value: 'blue' }]);
    await assert.rejects(
      call('iam create-user --user-name alice'),
      /\(EntityAlreadyExists\) when calling the CreateUser operation: User with name alice already exists\./,
    );
    await call('iam delete-user --user-name alice');

    const command = 'cloudtrail lookup-events --region us-east-1 --lookup-attributes';
    const { Events: events } = await call(`${command} AttributeKey=ResourceName,AttributeValue=alice`);
    assert.deepEqual(
      events.map((event: { EventName: string }) => event.EventName),
      ['DeleteUser', 'CreateUser', 'ListUserTags', 'CreateUser'],
    );
    const costs = 'ce get-cost-and-usage --granularity MONTHLY --metrics UsageQuantity';
    const { ResultsByTime: results } = await call(`${costs} --time-period Start=2030-01-01,End=2030-01-02`);
    assert.equal(results[0].TimePeriod.Start, '2030-01-01');

    for (const line of UNKNOWN) {
      await assert.rejects(call(line), /An error occurred \(NotImplemented\).* is not implemented\./, line);
    }
  });
}

const SCRIPT = `
import boto3, json, sys
from botocore.config import Config
from botocore.exceptions import ClientError
endpoint = sys.argv[1]
def client(name, **more):
    return boto3.client(name, endpoint_url=endpoint, config=Config(retries={'max_attempts': 0}), **more)
def outcome(call):
    try:
        call()
        return ['ok']
    except ClientError as error:
        status = error.response['ResponseMetadata']['HTTPStatusCode']
        return [error.response['Error']['Code'], error.response['Error']['Message'], status]
iam = client('iam')
trail = client('cloudtrail', region_name='us-east-1')
queue = endpoint + '/111122223333/orders'
made = iam.create_user(UserName='alice')['User']
found = trail.lookup_events(LookupAttributes=[{'AttributeKey': 'ResourceName', 'AttributeValue': made['Arn']}])
datum = {'MetricName': 'a', 'Value': 1.5}
print(json.dumps({
    'arn': client('sts').get_caller_identity()['Arn'],
    'created': made['CreateDate'].isoformat(),
    'again': outcome(lambda: iam.create_user(UserName='alice')),
    'events': [event['EventName'] for event in found['Events']],
    'eventTime': found['Events'][0]['EventTime'].timestamp(),
    'data': outcome(lambda: client('cloudwatch').put_metric_data(Namespace='n', MetricData=[datum])),
    'metrics': [metric['MetricName'] for metric in client('cloudwatch').list_metrics(Namespace='n')['Metrics']],
    'applications': outcome(lambda: client('sns').list_platform_applications()),
    'queues': outcome(lambda: client('sqs').list_queues()),
    'message': outcome(lambda: client('sqs').send_message(QueueUrl=queue, MessageBody='a')),
}))
`;

const interpreter = pythonWith('boto3');
test('boto3', { skip: interpreter === undefined && 'no Python with boto3 here' }, async (t) => {
  const plane = await planeOnSocket(t);
  const { stdout } = await run(interpreter as string, ['-c', SCRIPT, plane.endpoint], {
    env: environment(plane, { AWS_DEFAULT_REGION: REGION }),
  });
  assert.deepEqual(JSON.parse(stdout), {
    arn: `arn:aws:iam::${plane.cloud.managementAccount}:root`,
    created: '2030-01-01T00:00:00+00:00',
    again: ['EntityAlreadyExists', 'User with name alice already exists.', 409],
    events: ['CreateUser'],
    eventTime: Date.parse('2030-01-01T00:00:00Z') / 1000,
    data: ['ok'],
    metrics: ['a'],
    applications: ['NotImplemented', 'sns:ListPlatformApplications is not implemented.', 501],
    queues: ['ok'],
    message: ['AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.', 400],
  });
});
