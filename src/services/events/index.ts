import * as sdk from '@aws-sdk/client-eventbridge';
import { defineService, type Limits } from '../../core/operation.ts';
import {
  CreateApiDestination,
  DeleteApiDestination,
  DescribeApiDestination,
  ListApiDestinations,
  UpdateApiDestination,
} from './apiDestinations.ts';
import { CreateArchive, DeleteArchive, DescribeArchive, ListArchives, UpdateArchive } from './archives.ts';
import { CreateEventBus, DeleteEventBus, DescribeEventBus, ListEventBuses, UpdateEventBus } from './buses.ts';
import {
  CreateConnection,
  DeauthorizeConnection,
  DeleteConnection,
  DescribeConnection,
  ListConnections,
  UpdateConnection,
} from './connections.ts';
import { ActivateEventSource, DeactivateEventSource, DescribeEventSource, ListEventSources } from './eventSources.ts';
import limits from './limits.json' with { type: 'json' };
import {
  CreatePartnerEventSource,
  DeletePartnerEventSource,
  DescribePartnerEventSource,
  ListPartnerEventSourceAccounts,
  ListPartnerEventSources,
  PutPartnerEvents,
} from './partnerSources.ts';
import { PutPermission, RemovePermission } from './permissions.ts';
import { PutEvents, TestEventPattern } from './putEvents.ts';
import { CancelReplay, DescribeReplay, ListReplays, StartReplay } from './replays.ts';
import {
  DeleteRule,
  DescribeRule,
  DisableRule,
  EnableRule,
  ListRuleNamesByTarget,
  ListRules,
  PutRule,
} from './rules.ts';
import { ListTagsForResource, TagResource, UntagResource } from './tagging.ts';
import { ListTargetsByRule, PutTargets, RemoveTargets } from './targets.ts';

export const events = defineService({
  name: 'events',
  eventSource: 'events.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'AWSEvents', version: '2015-10-07' },
  limits: limits as unknown as Limits,
  operations: {
    ActivateEventSource,
    CancelReplay,
    CreateApiDestination,
    CreateArchive,
    CreateConnection,
    CreateEventBus,
    CreatePartnerEventSource,
    DeactivateEventSource,
    DeauthorizeConnection,
    DeleteApiDestination,
    DeleteArchive,
    DeleteConnection,
    DeleteEventBus,
    DeletePartnerEventSource,
    DeleteRule,
    DescribeApiDestination,
    DescribeArchive,
    DescribeConnection,
    DescribeEventBus,
    DescribeEventSource,
    DescribePartnerEventSource,
    DescribeReplay,
    DescribeRule,
    DisableRule,
    EnableRule,
    ListApiDestinations,
    ListArchives,
    ListConnections,
    ListEventBuses,
    ListEventSources,
    ListPartnerEventSourceAccounts,
    ListPartnerEventSources,
    ListReplays,
    ListRuleNamesByTarget,
    ListRules,
    ListTagsForResource,
    ListTargetsByRule,
    PutEvents,
    PutPartnerEvents,
    PutPermission,
    PutRule,
    PutTargets,
    RemovePermission,
    RemoveTargets,
    StartReplay,
    TagResource,
    TestEventPattern,
    UntagResource,
    UpdateApiDestination,
    UpdateArchive,
    UpdateConnection,
    UpdateEventBus,
  },
});
