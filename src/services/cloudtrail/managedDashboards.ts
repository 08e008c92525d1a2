/**
 * Dashboards that are there for everybody, of one event data store that a refresh names. Titles are those of the user
 * guide; the queries are our own.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/lake-managed-dashboards.html
 */
import type { DashboardWidget } from './dashboardRows.ts';

/** The parameter in which a refresh names the event data store. */
export const STORE_PARAMETER = '$EventDataStoreId$';

/** Title → what is selected, which events, how they are grouped and ordered. */
type Top = readonly [title: string, columns: string, where: string];

const top = (columns: string, where: string) =>
  `SELECT ${columns}, count(*) AS eventCount FROM ? WHERE eventTime > '?' AND eventTime < '?' AND ${where} GROUP BY ALL ORDER BY eventCount DESC LIMIT 100`;
const trend = (columns: string, where: string) =>
  `SELECT date_trunc('?', eventTime) AS eventDate, ${columns}, count(*) AS eventCount FROM ? WHERE eventTime > '?' AND eventTime < '?' AND ${where} GROUP BY ALL ORDER BY eventDate`;
const recent = (columns: string, where: string) =>
  `SELECT eventTime, ${columns} FROM ? WHERE eventTime > '?' AND eventTime < '?' AND ${where} ORDER BY eventTime DESC LIMIT 100`;

const RANGE = [STORE_PARAMETER, '$StartTime$', '$EndTime$'];

interface Shape {
  readonly statement: (columns: string, where: string) => string;
  readonly parameters: readonly string[];
  readonly view: Readonly<Record<string, string>>;
}

const SHAPES = {
  top: { statement: top, parameters: RANGE, view: { View: 'Table' } },
  recent: { statement: recent, parameters: RANGE, view: { View: 'Table' } },
  trend: {
    statement: trend,
    parameters: ['$Period$', ...RANGE],
    view: { View: 'LineChart', XAxisColumn: 'eventDate', YAxisColumn: 'eventCount' },
  },
} satisfies Readonly<Record<string, Shape>>;

const USER = 'userIdentity.arn AS userArn';
const DENIED = "errorCode IN ('AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation')";
const IAM = "eventSource = 'iam.amazonaws.com'";
const LOGIN = "eventName = 'ConsoleLogin'";
const FAILED_LOGIN = `${LOGIN} AND element_at(responseElements, 'ConsoleLogin') = 'Failure'`;
const DESTRUCTIVE =
  "readOnly = false AND regexp_like(eventName, '^(Delete|Remove|Terminate|Detach|Disable|Deactivate)')";
const POLICY_CHANGE = `${IAM} AND readOnly = false AND eventName LIKE '%Policy%'`;
const OUTCOME = "if(errorCode IS NULL, 'success', 'failure') AS outcome";
const DISABLING =
  "eventSource = 'cloudtrail.amazonaws.com' AND eventName IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'DeleteEventDataStore', 'StopEventDataStoreIngestion')";

const DASHBOARDS: Readonly<Record<string, readonly (readonly [keyof typeof SHAPES, ...Top])[]>> = {
  'AWSCloudTrail-SecurityMonitoring': [
    ['top', 'Top access denied events', 'eventSource, eventName', DENIED],
    ['trend', 'Failed ConsoleLogin attempts', "element_at(additionalEventData, 'MFAUsed') AS mfaUsed", FAILED_LOGIN],
    ['top', 'Failed ConsoleLogin attempts by IP address', 'sourceIPAddress', FAILED_LOGIN],
    ['trend', 'Root user ConsoleLogin attempts', 'eventName', `${LOGIN} AND userIdentity.type = 'Root'`],
    ['trend', 'Destructive actions', 'eventName', DESTRUCTIVE],
    [
      'top',
      'Top cross-account access',
      'userIdentity.accountId AS callerAccount, eventName',
      'userIdentity.accountId <> recipientAccountId',
    ],
    [
      'recent',
      'Users who disabled MFA',
      `${USER}, eventName`,
      "eventName IN ('DeactivateMFADevice', 'DeleteVirtualMFADevice')",
    ],
    ['recent', 'Potential CloudTrail disabling actions', `${USER}, eventName, errorCode`, DISABLING],
  ],
  'AWSCloudTrail-IAMActivity': [
    ['top', 'Top IAM APIs', 'eventName', IAM],
    ['top', 'Top IAM callers', USER, IAM],
    ['trend', 'IAM success vs failure trend', OUTCOME, IAM],
    ['top', 'Top IAM API errors', 'eventName, errorCode', `${IAM} AND errorCode IS NOT NULL`],
    ['top', 'Top AccessDenied IAM APIs', 'eventName', `${IAM} AND ${DENIED}`],
    ['top', 'Top IP addresses of IAM calls', 'sourceIPAddress', IAM],
    ['recent', 'Recent IAM policy changes', `${USER}, eventName, requestParameters`, POLICY_CHANGE],
    [
      'recent',
      'Recent IAM user changes',
      "eventName, element_at(requestParameters, 'userName') AS userName",
      `${IAM} AND readOnly = false AND eventName LIKE '%User%'`,
    ],
    ['top', 'Top assumed IAM roles', "element_at(requestParameters, 'roleArn') AS roleArn", "eventName = 'AssumeRole'"],
  ],
  'AWSCloudTrail-UserActivity': [
    ['trend', 'User activity trends by user ARN', USER, 'userIdentity.arn IS NOT NULL'],
    ['trend', 'User activity trends by API', 'eventName', 'userIdentity.arn IS NOT NULL'],
    ['recent', 'Most recent user activity', `${USER}, eventSource, eventName`, 'userIdentity.arn IS NOT NULL'],
    ['top', 'Top users with errors', USER, 'errorCode IS NOT NULL'],
    ['top', 'Top users with AccessDenied errors', USER, DENIED],
    ['top', 'Top users making destructive actions', USER, DESTRUCTIVE],
    ['top', 'Top users changing IAM policies', USER, POLICY_CHANGE],
  ],
  'AWSCloudTrail-ErrorAnalysis': [
    ['top', 'Error count by service', 'eventSource', 'errorCode IS NOT NULL'],
    ['top', 'Error count by API', 'eventSource, eventName', 'errorCode IS NOT NULL'],
    ['top', 'Top errors by error code', 'errorCode', 'errorCode IS NOT NULL'],
    ['top', 'Top errors by error message', 'errorMessage', 'errorMessage IS NOT NULL'],
    ['top', 'Top AccessDenied errors by API', 'eventSource, eventName', DENIED],
    ['top', 'Top throttled errors by API', 'eventSource, eventName', "errorCode LIKE '%Throttl%'"],
    ['top', 'Top users with errors', USER, 'errorCode IS NOT NULL'],
  ],
  'AWSCloudTrail-OrganizationsActivity': [
    ['trend', 'Activity trend in the organization', 'recipientAccountId', 'true'],
    ['top', 'Member account management summary', 'eventName', "eventSource = 'organizations.amazonaws.com'"],
    ['top', 'Most used services across organization', 'eventSource', 'true'],
    ['top', 'Most active accounts by service', 'recipientAccountId, eventSource', 'true'],
    ['top', 'Most used APIs across organization', 'eventSource, eventName', 'true'],
    ['top', 'Most active member accounts', 'recipientAccountId', 'true'],
    ['trend', 'Access denied errors trend across the organization', 'eventSource', DENIED],
    ['top', 'Accounts with most access denied errors', 'recipientAccountId', DENIED],
    [
      'recent',
      'Recent service control policy changes',
      `${USER}, eventName, requestParameters`,
      "eventSource = 'organizations.amazonaws.com' AND readOnly = false AND eventName LIKE '%Policy%'",
    ],
  ],
};

const aliasOf = (dashboard: string, title: string) => `${dashboard}-${title.replace(/[^A-Za-z0-9]/g, '')}`;

/** Name → widgets. */
export const MANAGED: ReadonlyMap<string, readonly DashboardWidget[]> = new Map(
  Object.entries(DASHBOARDS).map(([dashboard, widgets]) => [
    dashboard,
    widgets.map(([kind, title, columns, where]): DashboardWidget => {
      const { statement, parameters, view } = SHAPES[kind];
      return {
        alias: aliasOf(dashboard, title),
        statement: statement(columns, where),
        parameters,
        view: { Height: '2', Width: '4', Title: title, ...view },
      };
    }),
  ]),
);
