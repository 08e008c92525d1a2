import * as sdk from '@aws-sdk/client-cloudtrail';
import { defineService, type Limits } from '../../core/operation.ts';
import * as delegatedAdministrators from './delegatedAdministrators.ts';
import * as eventSelectors from './eventSelectors.ts';
import { LookupEvents } from './events.ts';
import * as insightSelectors from './insightSelectors.ts';
import limits from './limits.json' with { type: 'json' };
import * as logging from './logging.ts';
import { ListPublicKeys } from './publicKeys.ts';
import * as tagging from './tagging.ts';
import * as trails from './trails.ts';
import * as views from './trailViews.ts';

export const cloudtrail = defineService({
  name: 'cloudtrail',
  eventSource: 'cloudtrail.amazonaws.com',
  sdk,
  wire: {
    protocols: ['awsJson1_1'],
    target: 'CloudTrail_20131101',
    version: '2013-11-01',
  },
  limits: limits as unknown as Limits,
  operations: {
    AddTags: tagging.AddTags,
    CreateTrail: trails.CreateTrail,
    DeleteTrail: trails.DeleteTrail,
    DeregisterOrganizationDelegatedAdmin: delegatedAdministrators.DeregisterOrganizationDelegatedAdmin,
    DescribeTrails: views.DescribeTrails,
    GetEventSelectors: eventSelectors.GetEventSelectors,
    GetInsightSelectors: insightSelectors.GetInsightSelectors,
    GetTrail: views.GetTrail,
    GetTrailStatus: logging.GetTrailStatus,
    ListPublicKeys,
    ListTags: tagging.ListTags,
    ListTrails: views.ListTrails,
    LookupEvents,
    PutEventSelectors: eventSelectors.PutEventSelectors,
    PutInsightSelectors: insightSelectors.PutInsightSelectors,
    RegisterOrganizationDelegatedAdmin: delegatedAdministrators.RegisterOrganizationDelegatedAdmin,
    RemoveTags: tagging.RemoveTags,
    StartLogging: logging.StartLogging,
    StopLogging: logging.StopLogging,
    UpdateTrail: trails.UpdateTrail,
  },
});
