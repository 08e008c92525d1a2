/** Widgets of the managed dashboards: titles of the user guide, queries of our own. */

/** What is most frequent, also of lists that events have; what is latest; how many there are over time. */
export type WidgetShape = 'top' | 'pairs' | 'recent' | 'trend';

/** What is selected beside the number or the time, and of which events. */
type ManagedWidget = readonly [shape: WidgetShape, title: string, columns: string, where: string];

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

const CREATES =
  "readOnly = false AND errorCode IS NULL AND regexp_like(eventName, '^(Create|Run|Put|Allocate|Import)')";
const DELETES = "readOnly = false AND errorCode IS NULL AND regexp_like(eventName, '^(Delete|Terminate|Release)')";
const DATA = "eventCategory = 'Data'";
const S3_DATA = "eventCategory = 'Data' AND eventSource = 's3.amazonaws.com'";
const THROTTLED = "errorCode LIKE '%Throttl%'";
const ENRICHED = 'eventContext IS NOT NULL';

/** Entries of a map, one a row. */
const entriesOf = (map: string) => `unnest(map_entries(${map}))`;
const RESOURCE_TAGS = entriesOf('list_extract(eventContext.tagContext.resourceTags, 1).tags');
const PRINCIPAL_TAGS = entriesOf('eventContext.tagContext.principalTags');
const CONDITION_KEYS = entriesOf('eventContext.requestContext');

export const DASHBOARDS: Readonly<Record<string, readonly ManagedWidget[]>> = {
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
  'AWSCloudTrail-ManagementEvents': [
    ['top', 'Top access denied events', 'eventSource, eventName', DENIED],
    ['top', 'Top errors by user', `${USER}, errorCode`, 'errorCode IS NOT NULL'],
    ['trend', 'Console sign-in events', "element_at(responseElements, 'ConsoleLogin') AS outcome", LOGIN],
    ['trend', 'Destructive actions', 'eventName', DESTRUCTIVE],
    ['top', 'TLS version', 'tlsDetails.tlsVersion AS tlsVersion', 'tlsDetails IS NOT NULL'],
    ['top', 'Outdated TLS calls by user', USER, "tlsDetails.tlsVersion IN ('TLSv1', 'TLSv1.1')"],
  ],
  'AWSCloudTrail-Overview': [
    ['trend', 'Account activity', "if(readOnly, 'read', 'write') AS kind", 'true'],
    ['top', 'Top errors', 'errorCode', 'errorCode IS NOT NULL'],
    ['top', 'Most active regions', 'awsRegion', 'true'],
    ['top', 'Top services', "replace(eventSource, '.amazonaws.com') AS service", 'true'],
    ['top', 'Most throttled events', 'eventSource, eventName', THROTTLED],
    ['top', 'Top users', USER, 'userIdentity.arn IS NOT NULL'],
  ],
  'AWSCloudTrail-ResourceChanges': [
    [
      'trend',
      'Resource creation and deletion trends',
      "if(eventName LIKE 'Create%', 'created', 'deleted') AS what",
      `(eventName LIKE 'Create%' AND errorCode IS NULL) OR (${DELETES})`,
    ],
    ['top', 'Top users performing resource creation', USER, CREATES],
    ['top', 'Top APIs used for resource creation', 'eventSource, eventName', CREATES],
    ['top', 'Top APIs used for resource deletion', 'eventSource, eventName', DELETES],
    [
      'recent',
      'Most recent resources created outside CloudFormation',
      `${USER}, eventSource, eventName`,
      `${CREATES} AND coalesce(userIdentity.invokedBy, '') <> 'cloudformation.amazonaws.com'`,
    ],
    [
      'recent',
      'Most recent resource changes made using console',
      `${USER}, eventSource, eventName`,
      "readOnly = false AND sessionCredentialFromConsole = 'true'",
    ],
    [
      'recent',
      'Most recent S3 bucket access changes',
      `${USER}, eventName, element_at(requestParameters, 'bucketName') AS bucket`,
      "eventSource = 's3.amazonaws.com' AND readOnly = false AND regexp_like(eventName, 'Policy|Acl|PublicAccess')",
    ],
    [
      'recent',
      'Most recent KMS key access changes',
      `${USER}, eventName, element_at(requestParameters, 'keyId') AS keyId`,
      "eventSource = 'kms.amazonaws.com' AND eventName IN ('PutKeyPolicy', 'CreateGrant', 'RevokeGrant', 'RetireGrant')",
    ],
  ],
  'AWSCloudTrail-DataEventsOverview': [
    ['trend', 'Overall data events trend', 'eventSource', DATA],
    ['top', 'Top services generating data events', 'eventSource', DATA],
    ['top', 'Top APIs generating data events', 'eventSource, eventName', DATA],
    ['top', 'Top regions generating data events', 'awsRegion', DATA],
    ['top', 'Top throttled data plane APIs', 'eventSource, eventName', `${DATA} AND ${THROTTLED}`],
    ['top', 'Top users of data plane APIs', USER, DATA],
  ],
  'AWSCloudTrail-S3DataEvents': [
    ['trend', 'S3 account activity', "if(readOnly, 'read', 'write') AS kind", S3_DATA],
    ['top', 'Most accessed objects', 'resources[1].ARN AS objectArn', S3_DATA],
    ['top', 'S3 top users', USER, S3_DATA],
    ['top', 'Top S3 actions', 'eventName', S3_DATA],
  ],
  'AWSCloudTrail-EnrichedEvents': [
    ['trend', 'Enriched events over time', 'eventSource', ENRICHED],
    ['pairs', 'Most frequent resource tag key value pairs', `${RESOURCE_TAGS} AS tag`, ENRICHED],
    [
      'pairs',
      'Most frequent resource tag key value pairs with associated resources and users',
      `${RESOURCE_TAGS} AS tag, list_extract(eventContext.tagContext.resourceTags, 1).arn AS resourceArn, ${USER}`,
      ENRICHED,
    ],
    ['pairs', 'Most frequent principal tag key value pairs', `${PRINCIPAL_TAGS} AS tag`, ENRICHED],
    [
      'pairs',
      'Most frequent access denied actions grouped by principal tag key value pairs',
      `${PRINCIPAL_TAGS} AS tag, eventName`,
      `${ENRICHED} AND ${DENIED}`,
    ],
    ['pairs', 'Most frequent properties in IAM global condition keys', `${CONDITION_KEYS} AS condition`, ENRICHED],
  ],
};
