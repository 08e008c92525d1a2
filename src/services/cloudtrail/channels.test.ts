import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { activityStore, channelIn, eventData, storeIn } from './fixtures.ts';

test('a channel is made, told, changed, tagged and deleted', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { arn } = await activityStore(cloud);
  const other = await activityStore(cloud, { Name: 'other' });
  const Destinations = [{ Type: 'EVENT_DATA_STORE' as const, Location: arn }];
  const Tags = [{ Key: 'team', Value: 'red' }];
  const made = await cloudtrail.createChannel({ Name: 'okta', Source: 'OktaSystemLogEvents', Destinations, Tags });
  assert.match(made.ChannelArn ?? '', /^arn:aws:cloudtrail:us-east-1:\d{12}:channel\/[0-9a-f-]{36}$/);
  assert.deepEqual(
    [made.Name, made.Source, made.Destinations, made.Tags],
    ['okta', 'OktaSystemLogEvents', Destinations, Tags],
  );
  const Channel = made.ChannelArn!;
  const told = await cloudtrail.getChannel({ Channel: Channel.slice(Channel.lastIndexOf('/') + 1) });
  assert.deepEqual([told.ChannelArn, told.Name, told.Destinations], [Channel, 'okta', Destinations]);
  const moved = [{ Type: 'EVENT_DATA_STORE' as const, Location: other.arn }];
  const changed = await cloudtrail.updateChannel({ Channel, Name: 'okta-log', Destinations: moved });
  assert.deepEqual([changed.Name, changed.Destinations], ['okta-log', moved]);
  assert.deepEqual((await cloudtrail.listChannels({})).Channels, [{ ChannelArn: Channel, Name: 'okta-log' }]);
  await cloudtrail.addTags({ ResourceId: Channel, TagsList: [{ Key: 'stage', Value: 'test' }] });
  const { ResourceTagList } = await cloudtrail.listTags({ ResourceIdList: [Channel] });
  assert.deepEqual(ResourceTagList?.[0]?.TagsList, [...Tags, { Key: 'stage', Value: 'test' }]);
  await cloudtrail.deleteChannel({ Channel });
  await rejected(cloudtrail.getChannel({ Channel }), 'ChannelNotFound', /could not be found/);
  assert.deepEqual((await cloudtrail.listChannels({})).Channels, []);
});

test('channels lead to stores for events from outside, one a source', async () => {
  const cloud = await testCloud({ quotas: { ChannelsPerRegion: 2 } });
  const { cloudtrail } = cloud.root;
  const { store } = await channelIn(cloud, { TerminationProtectionEnabled: false });
  const management = await storeIn(cloud, { Name: 'management' });
  const made = (Name: string, Source: string, Location: string, Type: 'EVENT_DATA_STORE' | 'AWS_SERVICE') =>
    cloudtrail.createChannel({ Name, Source, Destinations: [{ Type, Location }] });
  const into = (Location: string) => made('second', 'GitHub', Location, 'EVENT_DATA_STORE');
  await rejected(into(management.arn), 'InvalidEventDataStoreCategory', /ActivityAuditLog/);
  const nowhere = `${store.arn.slice(0, -12)}000000000000`;
  await rejected(into(nowhere), 'EventDataStoreNotFound', /could not be found/);
  await rejected(made('second', 'GitHub', 'config', 'AWS_SERVICE'), 'InvalidParameter', /AWS_SERVICE/);
  await rejected(made('second', 'Nobody', store.arn, 'EVENT_DATA_STORE'), 'InvalidSource', /Nobody/);
  await rejected(
    made('own-application', 'GitHub', store.arn, 'EVENT_DATA_STORE'),
    'ChannelAlreadyExists',
    /own-application/,
  );
  await rejected(made('second', 'Custom', store.arn, 'EVENT_DATA_STORE'), 'ChannelMaxLimitExceeded', /Custom/);
  await into(store.arn);
  await rejected(made('third', 'Snyk', store.arn, 'EVENT_DATA_STORE'), 'ChannelMaxLimitExceeded', /maximum of 2/);
  const deletion = cloudtrail.deleteEventDataStore({ EventDataStore: store.arn });
  await rejected(deletion, 'ChannelExistsForEDS', /in use by a channel/);
  const stopped = cloudtrail.stopEventDataStoreIngestion({ EventDataStore: store.arn });
  await rejected(stopped, 'InvalidEventDataStoreCategory', /events of AWS/);
  const { made: shown } = management;
  const changed = cloudtrail.updateEventDataStore({
    EventDataStore: store.arn,
    AdvancedEventSelectors: shown.AdvancedEventSelectors!,
  });
  await rejected(changed, 'InvalidEventSelectors', /cannot be changed/);
  await rejected(cloudtrail.getChannel({ Channel: 'trail/x' }), 'ChannelARNInvalid', /trail\/x/);
});

test('lists of channels come in pages', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { store } = await channelIn(cloud);
  for (const Source of ['GitHub', 'Snyk']) {
    const Destinations = [{ Type: 'EVENT_DATA_STORE' as const, Location: store.arn }];
    await cloudtrail.createChannel({ Name: `from-${Source}`, Source, Destinations });
  }
  const first = await cloudtrail.listChannels({ MaxResults: 2 });
  const second = await cloudtrail.listChannels({ MaxResults: 2, NextToken: first.NextToken! });
  const names = [...(first.Channels ?? []), ...(second.Channels ?? [])].map(({ Name }) => Name).sort();
  assert.deepEqual([names, second.NextToken], [['from-GitHub', 'from-Snyk', 'own-application'], undefined]);
  await rejected(cloudtrail.listChannels({ NextToken: '!!!!' }), 'InvalidNextToken', /NextToken/);
});

test('another account puts events into a channel whose policy names it, with the external id', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { channel } = await channelIn(cloud);
  const partner = await cloud.memberAccount('partner');
  const sender = await partner.user('sender', ADMIN);
  const put = (externalId?: string, as = sender) =>
    as.cloudtrailData.putAuditEvents({
      channelArn: channel,
      auditEvents: [{ id: 'one', eventData: eventData(cloud.managementAccount) }],
      ...(externalId !== undefined && { externalId }),
    });
  await rejected(put(), 'AccessDenied', /cloudtrail-data:PutAuditEvents/);
  const policy = (Resource: string, Action = 'cloudtrail-data:PutAuditEvents', more: object = {}) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: partner.id }, Action, Resource, ...more }],
    });
  const attach = (ResourcePolicy: string) => cloudtrail.putResourcePolicy({ ResourceArn: channel, ResourcePolicy });
  await rejected(attach(policy('*')), 'ResourcePolicyNotValid', /must be arn:/);
  await rejected(attach(policy(channel, 'cloudtrail:GetChannel')), 'ResourcePolicyNotValid', /not supported/);
  const Condition = { StringEquals: { 'cloudtrail:ExternalId': 'shop-17' } };
  const ResourcePolicy = policy(channel, 'cloudtrail-data:PutAuditEvents', { Condition });
  await attach(ResourcePolicy);
  assert.equal((await cloudtrail.getResourcePolicy({ ResourceArn: channel })).ResourcePolicy, ResourcePolicy);
  await rejected(put('shop-18'), 'AccessDenied', /cloudtrail-data:PutAuditEvents/);
  assert.equal((await put('shop-17')).successful.length, 1);
  await rejected(put(undefined, cloud.root), 'ChannelInsufficientPermission', /external ID/);
  await cloudtrail.deleteResourcePolicy({ ResourceArn: channel });
  await rejected(put('shop-17'), 'AccessDenied', /cloudtrail-data:PutAuditEvents/);
});
