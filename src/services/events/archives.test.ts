import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, bodies, MY_APP, put, queue } from './fixtures.ts';

const BUS = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;

test('An archive keeps what its pattern asks for, and a replay puts it on the bus again', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const created = await events.createArchive({
    ArchiveName: 'kept',
    EventSourceArn: BUS,
    EventPattern: '{"detail":{"keep":[true]}}',
    RetentionDays: 30,
  });
  for (let n = 0; n < 250; n++)
    await put(cloud, { n, keep: n !== 7 }, { Time: new Date(cloud.now().getTime() + n * 1000) });
  await cloud.settle();
  const archive = await events.describeArchive({ ArchiveName: 'kept' });
  assert.equal(archive.EventCount, 249);
  assert.ok(archive.SizeBytes! > 249 * 200);
  assert.equal(archive.State, 'ENABLED');
  const target = await queue(cloud.root, 'target');
  const none = await queue(cloud.root, 'none');
  const { RuleArn } = await events.putRule({ Name: 'wanted', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'wanted', Targets: [{ Id: 'q', Arn: target.arn }] });
  await events.putRule({ Name: 'unwanted', EventPattern: MY_APP });
  await events.putTargets({ Rule: 'unwanted', Targets: [{ Id: 'q', Arn: none.arn }] });
  const start = cloud.now().getTime();
  const started = await events.startReplay({
    ReplayName: 'again',
    EventSourceArn: created.ArchiveArn,
    EventStartTime: new Date(start + 5_000),
    EventEndTime: new Date(start + 200_000),
    Destination: { Arn: BUS, FilterArns: [RuleArn!] },
  });
  assert.equal(started.State, 'STARTING');
  await cloud.settle();
  const replayed = bodies(await target.received());
  assert.deepEqual(
    replayed.map(({ detail }) => detail.n).toSorted((a, b) => a - b),
    Array.from({ length: 195 }, (_, n) => n + 5).filter((n) => n !== 7),
  );
  assert.ok(replayed.every((event) => event['replay-name'] === 'again'));
  assert.deepEqual(await none.received(), []);
  const replay = await events.describeReplay({ ReplayName: 'again' });
  assert.equal(replay.State, 'COMPLETED');
  assert.equal(replay.EventLastReplayedTime?.getTime(), start + 199_000);
  assert.deepEqual(replay.Destination, { Arn: BUS, FilterArns: [RuleArn] });
  assert.equal(
    (await events.describeArchive({ ArchiveName: 'kept' })).EventCount,
    249,
    'a replay is not archived again',
  );
  cloud.advance('P31D');
  await cloud.settle();
  assert.equal((await events.describeArchive({ ArchiveName: 'kept' })).EventCount, 0);
  cloud.advance('P60D');
  await cloud.settle();
  await rejected(
    events.describeReplay({ ReplayName: 'again' }),
    'ResourceNotFoundException',
    'Replay again does not exist.',
  );
});

test('Archives have a rule that only EventBridge changes', async () => {
  const { events } = (await testCloud()).root;
  await events.createArchive({ ArchiveName: 'a', EventSourceArn: BUS });
  const { Rules } = await events.listRules({});
  assert.equal(Rules?.[0]?.Name, 'Events-Archive-a');
  assert.equal(Rules?.[0]?.EventPattern, '{"replay-name":[{"exists":false}]}');
  await rejected(events.deleteRule({ Name: 'Events-Archive-a' }), 'ManagedRuleException', /managed/);
  await rejected(events.disableRule({ Name: 'Events-Archive-a' }), 'ManagedRuleException', /managed/);
  await rejected(
    events.createArchive({ ArchiveName: 'a', EventSourceArn: BUS }),
    'ResourceAlreadyExistsException',
    'Archive a already exists.',
  );
  await events.updateArchive({ ArchiveName: 'a', EventPattern: MY_APP, Description: 'd', RetentionDays: 5 });
  const { EventPattern, Description, RetentionDays } = await events.describeArchive({ ArchiveName: 'a' });
  assert.deepEqual(
    { EventPattern, Description, RetentionDays },
    { EventPattern: MY_APP, Description: 'd', RetentionDays: 5 },
  );
  assert.deepEqual(
    (await events.listArchives({ EventSourceArn: BUS })).Archives?.map(({ ArchiveName }) => ArchiveName),
    ['a'],
  );
  await events.deleteArchive({ ArchiveName: 'a' });
  assert.deepEqual((await events.listRules({})).Rules, []);
  await rejected(events.deleteArchive({ ArchiveName: 'a' }), 'ResourceNotFoundException', 'Archive a does not exist.');
  const missing = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/none`;
  await rejected(
    events.listArchives({ EventSourceArn: missing }),
    'ResourceNotFoundException',
    'Event bus none does not exist.',
  );
});

test('StartReplay refuses in AWS’s words', async () => {
  const cloud = await testCloud({ quotas: { ConcurrentReplays: 1 } });
  const { events } = cloud.root;
  const { ArchiveArn: EventSourceArn } = await events.createArchive({ ArchiveName: 'a', EventSourceArn: BUS });
  await events.createEventBus({ Name: 'other' });
  const input = {
    ReplayName: 'r',
    EventSourceArn,
    EventStartTime: new Date(0),
    EventEndTime: new Date(1000),
    Destination: { Arn: BUS },
  };
  const valid = 'is not valid. Reason:';
  for (const [change, code, sentence] of [
    [
      { EventStartTime: new Date(1000) },
      'ValidationException',
      `Parameter EventEndTime ${valid} EventStartTime must be before EventEndTime.`,
    ],
    [
      { EventSourceArn: `${EventSourceArn}x` },
      'ValidationException',
      `Parameter EventSourceArn ${valid} Archive ax does not exist.`,
    ],
    [
      { Destination: { Arn: BUS.replace('default', 'none') } },
      'ResourceNotFoundException',
      'Event bus none does not exist.',
    ],
    [
      { Destination: { Arn: BUS.replace('default', 'other') } },
      'ValidationException',
      `Parameter Destination.Arn ${valid} Cross event bus replay is not permitted.`,
    ],
  ] as const) {
    await rejected(events.startReplay({ ...input, ...change }), code, sentence);
  }
  await events.startReplay(input);
  await rejected(events.startReplay({ ...input, ReplayName: 's' }), 'LimitExceededException', /exceeds the maximum/);
  assert.equal((await events.cancelReplay({ ReplayName: 'r' })).State, 'CANCELLING');
  await cloud.settle();
  assert.equal((await events.describeReplay({ ReplayName: 'r' })).State, 'CANCELLED');
  await rejected(events.cancelReplay({ ReplayName: 'r' }), 'IllegalStatusException', /not in a valid state/);
  assert.equal((await events.listReplays({ State: 'CANCELLED' })).Replays?.length, 1);
});
