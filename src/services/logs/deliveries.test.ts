import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

const ACCOUNT = '111122223333';
const GROUP = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:app:*`;

test('A delivery destination is read back as written, with its policy and tags', async () => {
  const { logs } = (await testCloud()).root;
  const made = await logs.putDeliveryDestination({
    name: 'd',
    outputFormat: 'json',
    deliveryDestinationConfiguration: { destinationResourceArn: GROUP },
    tags: { a: '1' },
  });
  const arn = `arn:aws:logs:us-east-1:${ACCOUNT}:delivery-destination:d`;
  assert.deepEqual(made.deliveryDestination, {
    name: 'd',
    arn,
    deliveryDestinationType: 'CWL',
    outputFormat: 'json',
    deliveryDestinationConfiguration: { destinationResourceArn: GROUP },
    tags: { a: '1' },
  });
  await logs.tagResource({ resourceArn: arn, tags: { b: '2' } });
  const { deliveryDestination } = await logs.getDeliveryDestination({ name: 'd' });
  assert.deepEqual(deliveryDestination!.tags, { a: '1', b: '2' });
  const deliveryDestinationPolicy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'logs:CreateDelivery', Resource: arn },
  });
  await logs.putDeliveryDestinationPolicy({ deliveryDestinationName: 'd', deliveryDestinationPolicy });
  const { policy } = await logs.getDeliveryDestinationPolicy({ deliveryDestinationName: 'd' });
  assert.deepEqual(policy, { deliveryDestinationPolicy });
  await logs.deleteDeliveryDestinationPolicy({ deliveryDestinationName: 'd' });
  assert.equal((await logs.getDeliveryDestinationPolicy({ deliveryDestinationName: 'd' })).policy, undefined);
  assert.equal((await logs.describeDeliveryDestinations({})).deliveryDestinations!.length, 1);
  await logs.deleteDeliveryDestination({ name: 'd' });
  const gone = 'Requested Delivery Destination does not exist in this account.';
  await rejected(logs.getDeliveryDestination({ name: 'd' }), 'ResourceNotFoundException', gone);
});

test('A bucket and a delivery stream are destinations, too', async () => {
  const { logs } = (await testCloud()).root;
  const typeOf = async (destinationResourceArn: string) => {
    const deliveryDestinationConfiguration = { destinationResourceArn };
    const { deliveryDestination } = await logs.putDeliveryDestination({ name: 'd', deliveryDestinationConfiguration });
    return deliveryDestination!.deliveryDestinationType;
  };
  assert.equal(await typeOf('arn:aws:s3:::bucket'), 'S3');
  assert.equal(await typeOf(`arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/d`), 'FH');
  await rejected(
    typeOf(`arn:aws:sqs:us-east-1:${ACCOUNT}:queue`),
    'ValidationException',
    'This resource is not supported as a delivery destination.',
  );
});

test('What this plane cannot deliver is refused in AWS’s words', async () => {
  const { logs } = (await testCloud()).root;
  await logs.createLogGroup({ logGroupName: 'app' });
  const source = { name: 's', resourceArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`, logType: 'X' };
  await rejected(logs.putDeliverySource(source), 'ResourceNotFoundException', 'Cannot access provided service.');
  const noSource = 'Requested Delivery Source does not exist in this account.';
  await rejected(logs.getDeliverySource({ name: 's' }), 'ResourceNotFoundException', noSource);
  const noDelivery = 'Requested Delivery does not exist in this account.';
  await rejected(logs.getDelivery({ id: 'abc' }), 'ResourceNotFoundException', noDelivery);
  await rejected(logs.updateDeliveryConfiguration({ id: 'abc' }), 'ResourceNotFoundException', noDelivery);
  const subscribe = (destinationArn: string, roleArn?: string) =>
    logs.putSubscriptionFilter({ logGroupName: 'app', filterName: 'f', filterPattern: '', destinationArn, roleArn });
  const role = `arn:aws:iam::${ACCOUNT}:role/r`;
  const stream = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s`;
  const needs = 'destinationArn for vendor kinesis cannot be used without roleArn';
  await rejected(subscribe(stream), 'InvalidParameterException', needs);
  await rejected(
    subscribe(stream, role),
    'InvalidParameterException',
    /^Could not deliver test message to specified Kin/,
  );
  const foreign = 'arn:aws:lambda:us-east-1:999999999999:function:f';
  await rejected(
    subscribe(foreign),
    'AccessDeniedException',
    /^Cross-account lambda invocation passing is not allowed/,
  );
  const own = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
  await rejected(subscribe(own), 'InvalidParameterException', /^Could not execute the lambda function/);
  await refusal(
    logs.putSubscriptionFilter({ logGroupName: 'app', filterName: 'f', filterPattern: '{', destinationArn: own }),
    'InvalidParameterException',
  );
  assert.deepEqual((await logs.describeSubscriptionFilters({ logGroupName: 'app' })).subscriptionFilters, []);
  const none = 'The specified subscription filter does not exist.';
  await rejected(
    logs.deleteSubscriptionFilter({ logGroupName: 'app', filterName: 'f' }),
    'ResourceNotFoundException',
    none,
  );
  const destination = { destinationName: 'd', targetArn: stream, roleArn: role };
  await rejected(
    logs.putDestination(destination),
    'InvalidParameterException',
    'Could not deliver test message to specified destination. Check if the destination is valid.',
  );
  assert.deepEqual((await logs.describeDestinations({})).destinations, []);
});
