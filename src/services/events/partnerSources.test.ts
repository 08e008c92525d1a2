import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { bodies, queue } from './fixtures.ts';

const Name = 'aws.partner/example.com/orders/eu';

async function offered() {
  const cloud = await testCloud();
  const partner = await cloud.memberAccount('partner');
  const customer = cloud.root;
  const Account = cloud.managementAccount;
  const { EventSourceArn } = await partner.root.events.createPartnerEventSource({ Name, Account });
  return { cloud, partner, customer, Account, EventSourceArn };
}

test('a source that is offered is taken up by a bus of its name, whose rules get its events', async () => {
  const { cloud, partner, customer, Account, EventSourceArn } = await offered();
  assert.equal(EventSourceArn, `arn:aws:events:us-east-1::event-source/${Name}`);
  const { State, CreatedBy, ExpirationTime } = await customer.events.describeEventSource({ Name });
  assert.deepEqual([State, CreatedBy], ['PENDING', 'example.com']);
  assert.equal(ExpirationTime?.getTime(), Math.floor(cloud.now().getTime() / 1000) * 1000 + 14 * 86_400_000);
  const send = (n: number) =>
    partner.root.events.putPartnerEvents({
      Entries: [{ Source: Name, DetailType: 'Order', Detail: JSON.stringify({ n }) }],
    });
  assert.equal((await send(0)).FailedEntryCount, 0);
  await customer.events.createEventBus({ Name, EventSourceName: Name });
  assert.equal((await customer.events.describeEventSource({ Name })).State, 'ACTIVE');
  const orders = await queue(customer, 'orders');
  await customer.events.putRule({
    Name: 'all',
    EventBusName: Name,
    EventPattern: '{"source":[{"prefix":"aws.partner"}]}',
  });
  await customer.events.putTargets({ Rule: 'all', EventBusName: Name, Targets: [{ Id: 'q', Arn: orders.arn }] });
  await send(1);
  await cloud.settle();
  const [event, ...more] = bodies(await orders.received());
  assert.deepEqual([event.source, event.account, event.detail, more], [Name, Account, { n: 1 }, []]);
  await customer.events.deactivateEventSource({ Name });
  await send(2);
  await customer.events.activateEventSource({ Name });
  await send(3);
  await cloud.settle();
  assert.deepEqual(
    bodies(await orders.received()).map(({ detail }) => detail.n),
    [3],
  );
});

test('what the partner sees: sources, the accounts they are offered to, and that they are gone', async () => {
  const { cloud, partner, customer, Account } = await offered();
  const other = await cloud.memberAccount('other');
  const { events } = partner.root;
  await events.createPartnerEventSource({ Name, Account: other.id });
  await refusal(events.createPartnerEventSource({ Name, Account }), 'ResourceAlreadyExistsException');
  assert.equal((await events.describePartnerEventSource({ Name })).Name, Name);
  const { PartnerEventSources } = await events.listPartnerEventSources({ NamePrefix: 'aws.partner/example.com/' });
  assert.deepEqual(
    PartnerEventSources?.map((source) => source.Name),
    [Name],
  );
  await customer.events.createEventBus({ Name, EventSourceName: Name });
  const accounts = async () =>
    (await events.listPartnerEventSourceAccounts({ EventSourceName: Name })).PartnerEventSourceAccounts?.map(
      ({ Account: id, State }) => [id, State],
    );
  assert.deepEqual(
    (await accounts())?.toSorted(),
    [
      [Account, 'ACTIVE'],
      [other.id, 'PENDING'],
    ].toSorted(),
  );
  await events.deletePartnerEventSource({ Name, Account });
  assert.equal((await customer.events.describeEventSource({ Name })).State, 'DELETED');
  await refusal(customer.events.activateEventSource({ Name }), 'InvalidStateException');
  await customer.events.deleteEventBus({ Name });
  await refusal(customer.events.describeEventSource({ Name }), 'ResourceNotFoundException');
  cloud.advance('P15D');
  assert.deepEqual((await other.root.events.listEventSources({})).EventSources, []);
  await refusal(other.root.events.createEventBus({ Name, EventSourceName: Name }), 'ResourceNotFoundException');
});

test('a name is one partner of its own; a bus bears the name of a source that was offered', async () => {
  const { cloud, partner, customer, Account } = await offered();
  const rival = await cloud.memberAccount('rival');
  await refusal(
    rival.root.events.createPartnerEventSource({ Name: 'aws.partner/example.com/x', Account }),
    'OperationDisabledException',
  );
  await refusal(rival.root.events.deletePartnerEventSource({ Name, Account }), 'OperationDisabledException');
  await refusal(rival.root.events.describePartnerEventSource({ Name }), 'ResourceNotFoundException');
  const Entries = [
    { Source: Name, DetailType: 'x', Detail: '{}' },
    { DetailType: 'x', Detail: '{}' },
  ];
  const put = await rival.root.events.putPartnerEvents({ Entries });
  assert.deepEqual(
    put.Entries?.map(({ ErrorCode }) => ErrorCode),
    ['NotAuthorizedForSourceException', 'InvalidArgument'],
  );
  await refusal(rival.root.events.createEventBus({ Name, EventSourceName: Name }), 'ResourceNotFoundException');
  await refusal(customer.events.createEventBus({ Name: 'other', EventSourceName: Name }), 'ValidationException');
  await refusal(customer.events.createEventBus({ Name }), 'ValidationException');
  await refusal(customer.events.activateEventSource({ Name }), 'InvalidStateException');
  assert.deepEqual(
    (await customer.events.listEventSources({})).EventSources?.map((source) => source.Name),
    [Name],
  );
  await partner.root.events.deletePartnerEventSource({ Name, Account });
  assert.deepEqual((await customer.events.listEventSources({})).EventSources, []);
});
