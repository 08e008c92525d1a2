import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { activityStore, asked, channelIn, eventData, later } from './fixtures.ts';

test('what is put into a channel is found by queries', async () => {
  const cloud = await testCloud();
  const { store, channel } = await channelIn(cloud);
  const data = eventData(cloud.managementAccount);
  const eventDataChecksum = createHash('sha256').update(data).digest('base64');
  const { successful, failed } = await cloud.root.cloudtrailData.putAuditEvents({
    channelArn: channel,
    auditEvents: [
      { id: 'one', eventData: data, eventDataChecksum },
      { id: 'two', eventData: eventData(cloud.managementAccount, { eventName: 'Refund', UID: 'request-2' }) },
    ],
  });
  assert.deepEqual([successful.map(({ id }) => id), failed], [['one', 'two'], []]);
  await later(cloud, 'PT5M');
  const { rows, ErrorMessage } = await asked(
    cloud,
    `SELECT eventID, eventCategory, eventType, eventTime, recipientAccountId, metadata.channelARN AS channel,
       metadata.ingestionTime AS ingested, eventData.eventName AS name, eventData.userIdentity.principalId AS who,
       element_at(eventData.userIdentity.details, 'team') AS team,
       element_at(eventData.requestParameters, 'basket') AS basket
     FROM ${store.id} ORDER BY name`,
  );
  assert.equal(ErrorMessage, undefined);
  const common = {
    eventCategory: 'ActivityAuditLog',
    eventType: 'ActivityLog',
    eventTime: '2029-12-31 23:59:00.000',
    recipientAccountId: cloud.managementAccount,
    channel,
    ingested: '2030-01-01T00:00:00Z',
    who: 'alice',
    team: 'red',
    basket: '17',
  };
  assert.deepEqual(rows, [
    { eventID: successful[0]?.eventID, name: 'Checkout', ...common },
    { eventID: successful[1]?.eventID, name: 'Refund', ...common },
  ]);
});

test('each event is taken or refused for itself', async () => {
  const cloud = await testCloud();
  const { store, channel } = await channelIn(cloud);
  const account = cloud.managementAccount;
  const cases: readonly (readonly [id: string, data: string, code: string, checksum?: string])[] = [
    ['checksum', eventData(account), 'InvalidChecksum', 'AAAA'],
    ['no-json', 'hello', 'InvalidData'],
    ['no-object', '[]', 'InvalidData'],
    ['unknown-field', eventData(account, { shoeSize: 44 }), 'InvalidData'],
    ['no-name', eventData(account, { eventName: undefined }), 'FieldNotFound'],
    ['no-principal', eventData(account, { userIdentity: { type: 'x' } }), 'FieldNotFound'],
    ['number', eventData(account, { userAgent: 7 }), 'InvalidData'],
    ['long-code', eventData(account, { errorCode: 'x'.repeat(257) }), 'FieldTooLong'],
    ['large', eventData(account, { requestParameters: { x: 'x'.repeat(102_400) } }), 'FieldTooLong'],
    ['time', eventData(account, { eventTime: 'yesterday' }), 'InvalidData'],
    ['no-such-day', eventData(account, { eventTime: '2030-13-41T00:00:00' }), 'InvalidData'],
    ['address', eventData(account, { sourceIPAddress: 'here' }), 'InvalidData'],
    ['recipient', eventData('444455556666'), 'InvalidRecipient'],
    ['source', eventData(account, { eventSource: 'iam.amazonaws.com' }), 'InvalidEventSource'],
  ];
  const auditEvents = cases.map(([id, data, , checksum]) => ({
    id,
    eventData: data,
    ...(checksum && { eventDataChecksum: checksum }),
  }));
  const good = { id: 'good', eventData: eventData(account, { eventTime: '2029-12-31T22:00:00' }) };
  const { cloudtrailData, cloudtrail } = cloud.root;
  const answer = await cloudtrailData.putAuditEvents({ channelArn: channel, auditEvents: [good, ...auditEvents] });
  assert.deepEqual(
    answer.failed.map(({ id, errorCode }) => [id, errorCode]),
    cases.map(([id, , code]) => [id, code]),
  );
  assert.deepEqual(
    answer.successful.map(({ id }) => id),
    ['good'],
  );
  await later(cloud, 'PT5M');
  assert.deepEqual((await asked(cloud, `SELECT eventTime FROM ${store.id}`)).rows, [
    { eventTime: '2029-12-31 22:00:00.000' },
  ]);
  const { IngestionStatus: status } = await cloudtrail.getChannel({ Channel: channel });
  assert.deepEqual(
    [status?.LatestIngestionSuccessEventID, status?.LatestIngestionErrorCode, status?.LatestIngestionAttemptEventID],
    [answer.successful[0]?.eventID, 'InvalidEventSource', 'source'],
  );
});

test('a request that cannot be right is refused as a whole', async () => {
  const cloud = await testCloud();
  const { channel } = await channelIn(cloud);
  const event = { id: 'one', eventData: eventData(cloud.managementAccount) };
  const put = (channelArn: string, ...auditEvents: object[]) =>
    cloud.root.cloudtrailData.putAuditEvents({ channelArn, auditEvents: auditEvents as never });
  await rejected(put(channel, event, event), 'DuplicatedAuditEventId', /same event ID/);
  await rejected(put('arn:aws:sqs:us-east-1:1:x', event), 'InvalidChannelARN', /Invalid channel ARN/);
  await rejected(put(`${channel.slice(0, -12)}000000000000`, event), 'ChannelNotFound', /not found/);
  await rejected(put(channel), 'ValidationException', /auditEvents/);
  const many = Array.from({ length: 101 }, (_, n) => ({ ...event, id: `e${n}` }));
  await rejected(put(channel, ...many), 'ValidationException', /auditEvents/);
  await rejected(put(channel, { ...event, id: 'a b' }), 'ValidationException', /id/);
});

test('events go to every destination, and by their own time', async () => {
  const cloud = await testCloud();
  const { store, channel } = await channelIn(cloud, { RetentionPeriod: 7 });
  const second = await activityStore(cloud, { Name: 'second', RetentionPeriod: 30 });
  const { cloudtrail, cloudtrailData } = cloud.root;
  const Destinations = [store, second].map(({ arn }) => ({ Type: 'EVENT_DATA_STORE' as const, Location: arn }));
  await cloudtrail.updateChannel({ Channel: channel, Destinations });
  const account = cloud.managementAccount;
  await cloudtrailData.putAuditEvents({
    channelArn: channel,
    auditEvents: [
      { id: 'old', eventData: eventData(account, { eventTime: '2029-12-20T00:00:00', eventName: 'Old' }) },
      { id: 'new', eventData: eventData(account, { eventName: 'New' }) },
    ],
  });
  await later(cloud, 'PT5M');
  const names = async (id: string) =>
    (await asked(cloud, `SELECT eventData.eventName AS n FROM ${id} ORDER BY n`)).rows.map(({ n }) => n);
  assert.deepEqual([await names(store.id), await names(second.id)], [['New'], ['New', 'Old']]);
});

test('PutAuditEvents is a data event, where somebody asks for it', async () => {
  const cloud = await testCloud();
  const { channel } = await channelIn(cloud);
  const FieldSelectors = [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::CloudTrail::Channel'] },
  ];
  const { EventDataStoreArn = '' } = await cloud.root.cloudtrail.createEventDataStore({
    Name: 'data',
    AdvancedEventSelectors: [{ FieldSelectors }],
  });
  const auditEvents = [{ id: 'one', eventData: eventData(cloud.managementAccount) }];
  await cloud.root.cloudtrailData.putAuditEvents({ channelArn: channel, auditEvents });
  await later(cloud, 'PT5M');
  const id = EventDataStoreArn.slice(EventDataStoreArn.lastIndexOf('/') + 1);
  const { rows } = await asked(cloud, `SELECT eventSource, eventName, resources[1].ARN AS arn FROM ${id}`);
  assert.deepEqual(rows, [{ eventSource: 'cloudtrail-data.amazonaws.com', eventName: 'PutAuditEvents', arn: channel }]);
});
