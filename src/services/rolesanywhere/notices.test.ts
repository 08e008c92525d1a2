import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alice, anchor, cloud, eachInItsOwn, issued, session } from './anchored.fixture.ts';
import { certificate } from './certificates.fixture.ts';
import type * as t from './types.ts';

eachInItsOwn();

const TYPE = 'Roles Anywhere Certificate Expiration State Change';

async function eventsOf() {
  await cloud.settle();
  const rows = await cloud.deps.store.journal.read(0, 100_000);
  return rows
    .filter(({ kind }) => kind === 'event')
    .map(({ body }) => JSON.parse(body))
    .filter((event) => event['detail-type'] === TYPE);
}

const daysOf = async () => (await eventsOf()).map(({ detail }) => detail['days-to-expiry']);

/** The cloud begins on 1 January 2030. */
const expiring = (until: string, serial = 0x936eacbe) =>
  certificate({
    ...{ until, serial },
    subject: [
      ['C', 'US'],
      ['CN', 'Short'],
    ],
  });

const anchorOf = async (pem: string, more: Partial<t.CreateTrustAnchorRequest> = {}) =>
  (
    await cloud.root.rolesanywhere.createTrustAnchor({
      ...{ name: 'short', enabled: true },
      source: { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: pem } },
      ...more,
    } as t.CreateTrustAnchorRequest)
  ).trustAnchor!;

describe('authorities that expire', () => {
  test('are told each day from the threshold until two weeks after', async () => {
    const { trustAnchorArn } = await anchorOf(expiring('20300302000000Z').pem);
    assert.deepEqual(await daysOf(), [], 'sixty days before');
    cloud.advance('P14D');
    assert.deepEqual(await daysOf(), []);
    cloud.advance('P1D');
    const [event] = await eventsOf();
    assert.deepEqual(
      [event.source, event.account, event.region, event.resources, event.detail],
      [
        'aws.rolesanywhere',
        '111122223333',
        'us-east-1',
        [trustAnchorArn],
        { 'certificate-serial-number': '00936EACBE', 'days-to-expiry': 45, issuer: 'C=US,CN=Short' },
      ],
    );
    cloud.advance('PT23H');
    assert.deepEqual(await daysOf(), [45], 'once a day');
    cloud.advance('PT1H');
    assert.deepEqual(await daysOf(), [45, 44]);
    cloud.advance('P44D');
    cloud.advance('PT1H');
    assert.deepEqual(await daysOf(), [45, 44, -1]);
    for (let day = 0; day < 20; day++) {
      cloud.advance('P1D');
      await cloud.settle();
    }
    const days = await daysOf();
    assert.equal(days.at(-1), -14);
    assert.equal(days.length, 16);
  });

  test('are measured until the day on which they expire', async () => {
    const { trustAnchorArn } = await anchorOf(expiring('20300103120000Z').pem);
    for (let day = 0; day < 5; day++) {
      await cloud.settle();
      cloud.advance('P1D');
    }
    const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
      ...{ Namespace: 'AWS/RolesAnywhere', MetricName: 'DaysToExpiry', Period: 86_400, Statistics: ['Minimum'] },
      Dimensions: [{ Name: 'TrustAnchorArn', Value: trustAnchorArn! }],
      ...{ StartTime: new Date('2030-01-01'), EndTime: new Date('2030-01-10') },
    });
    const values = Datapoints!.toSorted((a, b) => Number(a.Timestamp) - Number(b.Timestamp));
    assert.deepEqual(
      values.map(({ Minimum }) => Minimum),
      [2, 1, 0],
    );
    assert.deepEqual(await daysOf(), [2, 1, 0, -1, -2, -3]);
  });

  test('are told one by one; the metric has the first to expire', async () => {
    const two = expiring('20300111000000Z', 1).pem + expiring('20300121000000Z', 2).pem;
    await anchorOf(two);
    assert.deepEqual(await daysOf(), [10, 20]);
  });

  test('are told as their trust anchor says: threshold, off, and back to what is usual', async () => {
    const { rolesanywhere } = cloud.root;
    const setting = (more: object) =>
      [{ event: 'CA_CERTIFICATE_EXPIRY', enabled: true, ...more }] as t.NotificationSetting[];
    const { trustAnchorId } = await anchorOf(expiring('20300131000000Z').pem, {
      notificationSettings: setting({ threshold: 10 }),
    });
    assert.deepEqual(await daysOf(), [], 'thirty days are more than ten');
    await rolesanywhere.putNotificationSettings({
      ...{ trustAnchorId: trustAnchorId!, notificationSettings: setting({ threshold: 30 }) },
    });
    assert.deepEqual(await daysOf(), [30]);
    cloud.advance('P1D');
    await rolesanywhere.putNotificationSettings({
      ...{ trustAnchorId: trustAnchorId!, notificationSettings: setting({ enabled: false }) },
    });
    assert.deepEqual(await daysOf(), [30]);
    await rolesanywhere.resetNotificationSettings({
      trustAnchorId: trustAnchorId!,
      notificationSettingKeys: [{ event: 'CA_CERTIFICATE_EXPIRY' } as t.NotificationSettingKey],
    });
    assert.deepEqual(await daysOf(), [30, 29]);
    cloud.advance('P1D');
    await rolesanywhere.deleteTrustAnchor({ trustAnchorId: trustAnchorId! });
    assert.deepEqual(await daysOf(), [30, 29]);
  });

  test('that are replaced are not told any more', async () => {
    const { trustAnchorId } = await anchorOf(expiring('20300131000000Z').pem);
    assert.deepEqual(await daysOf(), [30]);
    await cloud.root.rolesanywhere.updateTrustAnchor({
      trustAnchorId: trustAnchorId!,
      source: {
        sourceType: 'CERTIFICATE_BUNDLE',
        sourceData: { x509CertificateData: expiring('20400101000000Z').pem },
      },
    });
    cloud.advance('P2D');
    assert.deepEqual(await daysOf(), [30]);
  });

  test('reach the rules of the account', async () => {
    const { events, sqs } = cloud.root;
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'told' });
    const arn = 'arn:aws:sqs:us-east-1:111122223333:told';
    const policy = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn },
      ],
    };
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: JSON.stringify(policy) } });
    await events.putRule({ Name: 'expiry', EventPattern: JSON.stringify({ 'detail-type': [TYPE] }) });
    await events.putTargets({ Rule: 'expiry', Targets: [{ Id: '1', Arn: arn }] });
    await anchorOf(expiring('20300131000000Z').pem);
    await cloud.settle();
    const { Messages } = await sqs.receiveMessage({ QueueUrl });
    assert.equal(JSON.parse(Messages![0]!.Body!).detail['days-to-expiry'], 30);
  });
});

describe('certificates by which somebody gets a session', () => {
  test('are told when they expire soon, once a day, also the authorities between', async () => {
    const between = issued({
      authority: true,
      usage: 0x06,
      subject: [['CN', 'Between']],
      until: '20300110000000Z',
      serial: 5,
    });
    const bob = issued({ by: between, subject: [['CN', 'Bob']], until: '20300108000000Z', serial: 6 });
    assert.equal((await session(alice)).status, 201);
    assert.deepEqual(await daysOf(), []);
    for (let time = 0; time < 2; time++) assert.equal((await session(bob, {}, { chain: [between] })).status, 201);
    const events = await eventsOf();
    assert.deepEqual(
      events.map(({ detail, resources }) => [detail['certificate-serial-number'], detail['days-to-expiry'], resources]),
      [
        ['06', 7, []],
        ['05', 9, []],
      ],
    );
    cloud.advance('P1D');
    assert.equal((await session(bob, {}, { chain: [between] })).status, 201);
    assert.deepEqual(await daysOf(), [7, 9, 6, 8]);
  });

  test('are not told where the trust anchor does not want it, or before its threshold', async () => {
    const carol = issued({ subject: [['CN', 'Carol']], until: '20300120000000Z' });
    const put = (more: object) =>
      cloud.root.rolesanywhere.putNotificationSettings({
        trustAnchorId: anchor.trustAnchorId!,
        notificationSettings: [
          { event: 'END_ENTITY_CERTIFICATE_EXPIRY', enabled: true, ...more } as t.NotificationSetting,
        ],
      });
    await put({ enabled: false });
    await session(carol);
    await put({ threshold: 10 });
    await session(carol);
    assert.deepEqual(await daysOf(), []);
    cloud.advance('P10D');
    await session(carol);
    assert.deepEqual(await daysOf(), [9]);
  });
});
