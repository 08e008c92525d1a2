import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { withManners } from '../../core/slowness.ts';
import { testCloud } from '../../testing/cloud.ts';
import { postOffice } from '../../testing/postOffice.ts';

/** A topic with a confirmed address, and a queue for what cannot be mailed. */
async function mailing(t: TestContext) {
  const office = await postOffice(t);
  const cloud = await testCloud({ smtp: office.smtp });
  const { sns, sqs } = cloud.root;
  const { TopicArn } = await sns.createTopic({ Name: 'news' });
  const deadLetterTargetArn = `${TopicArn!.replace(':sns:', ':sqs:').replace(/news$/, 'dead')}`;
  const statement = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: deadLetterTargetArn };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'dead', Attributes: { Policy } });
  const Attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn }) };
  await sns.subscribe({ TopicArn, Protocol: 'email', Endpoint: 'ann@example.com', Attributes });
  await cloud.settle();
  const text = office.taken[0]!.replace(/=\r\n/g, '').replace(/=3D/g, '=');
  await cloud.unsigned.sns.confirmSubscription({ TopicArn, Token: /Token=([0-9a-f]{256})/.exec(text)![1] });
  const publish = async (Message: string) => {
    await sns.publish({ TopicArn, Message });
    await cloud.settle();
  };
  const dead = async () =>
    (await sqs.receiveMessage({ QueueUrl, VisibilityTimeout: 0 })).Messages?.map(
      ({ Body }) => JSON.parse(Body!).Message,
    );
  return { cloud, office, publish, dead };
}

test('a mail server that is busy for hours is asked again fifty times, then the message is a dead letter', async (t) => {
  const { cloud, office, publish, dead } = await mailing(t);
  office.letters.answer = '451 later';
  office.letters.offered = 0;
  await publish('It rains.');
  for (let minutes = 0; minutes < 5 * 60; minutes += 10) {
    cloud.advance('PT10M');
    await cloud.settle();
  }
  assert.equal(await dead(), undefined);
  for (let minutes = 0; minutes < 4 * 60; minutes += 10) {
    cloud.advance('PT10M');
    await cloud.settle();
  }
  assert.deepEqual(await dead(), ['It rains.']);
  assert.equal(office.letters.offered, 51);
});

test('an address that is refused for good is not mailed again; what is taken is mailed once', async (t) => {
  const { cloud, office, publish, dead } = await mailing(t);
  office.letters.answer = '550 nobody here';
  office.letters.offered = 0;
  await publish('one');
  assert.deepEqual(await dead(), ['one']);
  office.letters.answer = '250 taken';
  await publish('two');
  cloud.advance('P1D');
  await cloud.settle();
  assert.equal(office.letters.offered, 2);
  assert.match(office.taken.at(-1)!, /two/);
});

test('a mail server that is silent is given few letters at once', async (t) => {
  const { cloud, office, publish } = await mailing(t);
  const { host } = new URL(office.smtp);
  const silent = Promise.withResolvers<{ silent: boolean }>();
  await withManners(host, async () => ({ silent: true }));
  const waiting = [1, 2, 3, 4].map(() => withManners(host, () => silent.promise));
  office.letters.offered = 0;
  await publish('patience');
  assert.equal(office.letters.offered, 0);
  silent.resolve({ silent: false });
  await Promise.all(waiting);
  cloud.advance('PT15S');
  await cloud.settle();
  assert.equal(office.letters.offered, 1);
});
