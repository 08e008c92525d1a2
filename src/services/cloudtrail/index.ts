import * as sdk from '@aws-sdk/client-cloudtrail';
import { defineService, type Limits } from '../../core/operation.ts';
import * as channels from './channels.ts';
import * as dashboards from './dashboards.ts';
import * as delegatedAdministrators from './delegatedAdministrators.ts';
import { GetEventConfiguration, PutEventConfiguration } from './eventConfigurations.ts';
import * as stores from './eventDataStores.ts';
import * as eventSelectors from './eventSelectors.ts';
import { ListInsightsData, LookupEvents } from './events.ts';
import * as imports from './imports.ts';
import { ListInsightsMetricData } from './insightMetricData.ts';
import * as insightSelectors from './insightSelectors.ts';
import limits from './limits.json' with { type: 'json' };
import * as logging from './logging.ts';
import { ListPublicKeys } from './publicKeys.ts';
import * as queries from './queries.ts';
import { StartDashboardRefresh } from './refreshes.ts';
import * as resourcePolicies from './resourcePolicies.ts';
import { SearchSampleQueries } from './sampleSearch.ts';
import { GetEventDataStoreData } from './storeData.ts';
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
    CancelQuery: queries.CancelQuery,
    CreateChannel: channels.CreateChannel,
    CreateDashboard: dashboards.CreateDashboard,
    CreateEventDataStore: stores.CreateEventDataStore,
    CreateTrail: trails.CreateTrail,
    DeleteChannel: channels.DeleteChannel,
    DeleteDashboard: dashboards.DeleteDashboard,
    DeleteEventDataStore: stores.DeleteEventDataStore,
    DeleteResourcePolicy: resourcePolicies.DeleteResourcePolicy,
    DeleteTrail: trails.DeleteTrail,
    DeregisterOrganizationDelegatedAdmin: delegatedAdministrators.DeregisterOrganizationDelegatedAdmin,
    DescribeQuery: queries.DescribeQuery,
    DescribeTrails: views.DescribeTrails,
    GetChannel: channels.GetChannel,
    GetDashboard: dashboards.GetDashboard,
    GetEventConfiguration,
    GetEventDataStore: stores.GetEventDataStore,
    GetEventSelectors: eventSelectors.GetEventSelectors,
    GetImport: imports.GetImport,
    GetInsightSelectors: insightSelectors.GetInsightSelectors,
    GetQueryResults: queries.GetQueryResults,
    GetResourcePolicy: resourcePolicies.GetResourcePolicy,
    GetTrail: views.GetTrail,
    GetTrailStatus: logging.GetTrailStatus,
    ListChannels: channels.ListChannels,
    ListDashboards: dashboards.ListDashboards,
    ListEventDataStores: stores.ListEventDataStores,
    ListImportFailures: imports.ListImportFailures,
    ListImports: imports.ListImports,
    ListInsightsData,
    ListInsightsMetricData,
    ListPublicKeys,
    ListQueries: queries.ListQueries,
    ListTags: tagging.ListTags,
    ListTrails: views.ListTrails,
    LookupEvents,
    PutEventConfiguration,
    PutEventSelectors: eventSelectors.PutEventSelectors,
    PutInsightSelectors: insightSelectors.PutInsightSelectors,
    PutResourcePolicy: resourcePolicies.PutResourcePolicy,
    RegisterOrganizationDelegatedAdmin: delegatedAdministrators.RegisterOrganizationDelegatedAdmin,
    RemoveTags: tagging.RemoveTags,
    RestoreEventDataStore: stores.RestoreEventDataStore,
    SearchSampleQueries,
    StartDashboardRefresh,
    StartEventDataStoreIngestion: stores.StartEventDataStoreIngestion,
    StartImport: imports.StartImport,
    StartLogging: logging.StartLogging,
    StartQuery: queries.StartQuery,
    StopEventDataStoreIngestion: stores.StopEventDataStoreIngestion,
    StopImport: imports.StopImport,
    StopLogging: logging.StopLogging,
    UpdateChannel: channels.UpdateChannel,
    UpdateDashboard: dashboards.UpdateDashboard,
    UpdateEventDataStore: stores.UpdateEventDataStore,
    UpdateTrail: trails.UpdateTrail,
  },
  inner: { GetEventDataStoreData },
});
