import * as sdk from '@aws-sdk/client-cloudwatch';
import { defineService, type Limits } from '../../core/operation.ts';
import { DeleteAlarms, DisableAlarmActions, EnableAlarmActions, SetAlarmState } from './alarmChanges.ts';
import { DescribeAlarmHistory } from './alarmHistory.ts';
import { DeleteAnomalyDetector, DescribeAnomalyDetectors, PutAnomalyDetector } from './anomalyDetectors.ts';
import { DeleteDashboards, GetDashboard, ListDashboards, PutDashboard } from './dashboards.ts';
import { DescribeAlarmContributors, DescribeAlarms, DescribeAlarmsForMetric } from './describeAlarms.ts';
import { GetMetricData } from './getMetricData.ts';
import { GetMetricStatistics } from './getMetricStatistics.ts';
import { GetMetricWidgetImage } from './getMetricWidgetImage.ts';
import { GetInsightRuleReport } from './insightReport.ts';
import {
  DeleteInsightRules,
  DescribeInsightRules,
  DisableInsightRules,
  EnableInsightRules,
  ListManagedInsightRules,
  PutInsightRule,
  PutManagedInsightRules,
} from './insightRules.ts';
import limits from './limits.json' with { type: 'json' };
import { ListMetrics } from './listMetrics.ts';
import {
  DeleteMetricStream,
  GetMetricStream,
  ListMetricStreams,
  PutMetricStream,
  StartMetricStreams,
  StopMetricStreams,
} from './metricStreams.ts';
import { DeleteAlarmMuteRule, GetAlarmMuteRule, ListAlarmMuteRules, PutAlarmMuteRule } from './muteRules.ts';
import { PutCompositeAlarm } from './putCompositeAlarm.ts';
import { PutLogAlarm } from './putLogAlarm.ts';
import { PutMetricAlarm } from './putMetricAlarm.ts';
import { PutMetricData } from './putMetricData.ts';
import { ListTagsForResource, TagResource, UntagResource } from './tags.ts';

export const cloudwatch = defineService({
  name: 'monitoring',
  prefix: 'cloudwatch',
  eventSource: 'monitoring.amazonaws.com',
  sdk,
  wire: {
    protocols: ['rpcV2Cbor', 'awsJson1_0', 'awsQuery'],
    target: 'GraniteServiceVersion20100801',
    version: '2010-08-01',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
  },
  limits: limits as unknown as Limits,
  operations: {
    DeleteAlarmMuteRule,
    DeleteAlarms,
    DeleteAnomalyDetector,
    DeleteDashboards,
    DeleteInsightRules,
    DeleteMetricStream,
    DescribeAlarmContributors,
    DescribeAlarmHistory,
    DescribeAlarms,
    DescribeAlarmsForMetric,
    DescribeAnomalyDetectors,
    DescribeInsightRules,
    DisableAlarmActions,
    DisableInsightRules,
    EnableAlarmActions,
    EnableInsightRules,
    GetAlarmMuteRule,
    GetDashboard,
    GetInsightRuleReport,
    GetMetricData,
    GetMetricStatistics,
    GetMetricStream,
    GetMetricWidgetImage,
    ListAlarmMuteRules,
    ListDashboards,
    ListManagedInsightRules,
    ListMetricStreams,
    ListMetrics,
    ListTagsForResource,
    PutAlarmMuteRule,
    PutAnomalyDetector,
    PutCompositeAlarm,
    PutDashboard,
    PutInsightRule,
    PutLogAlarm,
    PutManagedInsightRules,
    PutMetricAlarm,
    PutMetricData,
    PutMetricStream,
    SetAlarmState,
    StartMetricStreams,
    StopMetricStreams,
    TagResource,
    UntagResource,
  },
});
