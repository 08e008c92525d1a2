/** Queries to begin with, in our own words. `$EDS_ID` stands for the id of an event data store. */
export interface SampleQuery {
  readonly name: string;
  readonly description: string;
  readonly sql: string;
}

const DENIED = "errorCode IN ('AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation')";

export const SAMPLE_QUERIES: readonly SampleQuery[] = [
  {
    name: 'Calls that were refused',
    description: 'Who was denied access to what: callers, services and APIs with the most access denied errors.',
    sql: `SELECT userIdentity.arn, eventSource, eventName, count(*) AS refused FROM $EDS_ID WHERE ${DENIED} GROUP BY userIdentity.arn, eventSource, eventName ORDER BY refused DESC LIMIT 100`,
  },
  {
    name: 'What the root user did',
    description: 'All activity of root users of accounts, newest first, without calls that services make for them.',
    sql: "SELECT eventTime, recipientAccountId, eventSource, eventName, sourceIPAddress FROM $EDS_ID WHERE userIdentity.type = 'Root' AND userIdentity.invokedBy IS NULL ORDER BY eventTime DESC LIMIT 100",
  },
  {
    name: 'Console sign-ins without MFA',
    description: 'People who signed in to the console (login) without multi-factor authentication.',
    sql: "SELECT eventTime, userIdentity.arn, sourceIPAddress FROM $EDS_ID WHERE eventName = 'ConsoleLogin' AND element_at(responseElements, 'ConsoleLogin') = 'Success' AND element_at(additionalEventData, 'MFAUsed') = 'No' ORDER BY eventTime DESC",
  },
  {
    name: 'Failed console sign-ins by address',
    description: 'IP addresses with failed attempts to sign in to the console: guessed passwords.',
    sql: "SELECT sourceIPAddress, count(*) AS failures, max(eventTime) AS latest FROM $EDS_ID WHERE eventName = 'ConsoleLogin' AND errorMessage IS NOT NULL GROUP BY sourceIPAddress ORDER BY failures DESC LIMIT 100",
  },
  {
    name: 'Changes of IAM policies',
    description: 'Who created, changed, attached or deleted policies of users, groups and roles.',
    sql: "SELECT eventTime, userIdentity.arn, eventName, requestParameters FROM $EDS_ID WHERE eventSource = 'iam.amazonaws.com' AND readOnly = false AND eventName LIKE '%Policy%' AND errorCode IS NULL ORDER BY eventTime DESC LIMIT 100",
  },
  {
    name: 'New access keys',
    description: 'Access keys that were created: for which user, and by whom.',
    sql: "SELECT eventTime, userIdentity.arn AS creator, element_at(requestParameters, 'userName') AS userName FROM $EDS_ID WHERE eventName = 'CreateAccessKey' AND errorCode IS NULL ORDER BY eventTime DESC",
  },
  {
    name: 'New users and roles',
    description: 'IAM users and roles that were created, and by whom.',
    sql: "SELECT eventTime, eventName, userIdentity.arn AS creator, coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName')) AS made FROM $EDS_ID WHERE eventName IN ('CreateUser', 'CreateRole') AND errorCode IS NULL ORDER BY eventTime DESC",
  },
  {
    name: 'Who assumes roles',
    description: 'Roles that are assumed most often, and the accounts and principals that assume them.',
    sql: "SELECT element_at(requestParameters, 'roleArn') AS roleArn, userIdentity.accountId, userIdentity.arn, count(*) AS times FROM $EDS_ID WHERE eventSource = 'sts.amazonaws.com' AND eventName LIKE 'AssumeRole%' GROUP BY ALL ORDER BY times DESC LIMIT 100",
  },
  {
    name: 'Access from other accounts',
    description: 'Cross-account calls: principals of another account than the one that received the event.',
    sql: 'SELECT userIdentity.accountId AS caller, recipientAccountId, eventSource, eventName, count(*) AS calls FROM $EDS_ID WHERE userIdentity.accountId <> recipientAccountId GROUP BY ALL ORDER BY calls DESC LIMIT 100',
  },
  {
    name: 'Attempts to blind CloudTrail',
    description: 'Calls that stop logging, or delete or change trails and event data stores.',
    sql: "SELECT eventTime, userIdentity.arn, eventName, errorCode FROM $EDS_ID WHERE eventSource = 'cloudtrail.amazonaws.com' AND eventName IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'StopEventDataStoreIngestion', 'DeleteEventDataStore', 'UpdateEventDataStore') ORDER BY eventTime DESC",
  },
  {
    name: 'Keys that are to be deleted',
    description: 'KMS keys that were disabled or scheduled for deletion.',
    sql: "SELECT eventTime, userIdentity.arn, eventName, resources[1].ARN AS keyArn FROM $EDS_ID WHERE eventSource = 'kms.amazonaws.com' AND eventName IN ('ScheduleKeyDeletion', 'DisableKey', 'DisableKeyRotation') ORDER BY eventTime DESC",
  },
  {
    name: 'Buckets that were opened',
    description: 'Changes of S3 bucket policies, ACLs and public access blocks.',
    sql: "SELECT eventTime, userIdentity.arn, eventName, element_at(requestParameters, 'bucketName') AS bucket FROM $EDS_ID WHERE eventSource = 's3.amazonaws.com' AND eventName IN ('PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock') ORDER BY eventTime DESC LIMIT 100",
  },
  {
    name: 'What was deleted',
    description: 'Destructive actions: everything that deleted, removed, detached or disabled something, by user.',
    sql: "SELECT userIdentity.arn, eventSource, eventName, count(*) AS times FROM $EDS_ID WHERE readOnly = false AND errorCode IS NULL AND regexp_like(eventName, '^(Delete|Remove|Detach|Disable|Deactivate|Terminate)') GROUP BY ALL ORDER BY times DESC LIMIT 100",
  },
  {
    name: 'Most used services',
    description: 'Services and APIs by how often they are called: top activity overview.',
    sql: 'SELECT eventSource, eventName, count(*) AS calls FROM $EDS_ID GROUP BY eventSource, eventName ORDER BY calls DESC LIMIT 100',
  },
  {
    name: 'Activity by the hour',
    description: 'The trend of read and write calls over time.',
    sql: "SELECT date_trunc('hour', eventTime) AS hour, if(readOnly, 'read', 'write') AS kind, count(*) AS calls FROM $EDS_ID GROUP BY ALL ORDER BY hour",
  },
  {
    name: 'Errors by code',
    description: 'Which errors and exceptions happen most, in which services.',
    sql: 'SELECT eventSource, errorCode, count(*) AS errors FROM $EDS_ID WHERE errorCode IS NOT NULL GROUP BY eventSource, errorCode ORDER BY errors DESC LIMIT 100',
  },
  {
    name: 'Throttled calls',
    description: 'Calls that were throttled because their rate exceeded a limit.',
    sql: "SELECT userIdentity.arn, eventSource, eventName, count(*) AS throttled FROM $EDS_ID WHERE errorCode LIKE '%Throttl%' GROUP BY ALL ORDER BY throttled DESC",
  },
  {
    name: 'Changes in the organization',
    description: 'Accounts invited, created, moved or removed, and changes of service control policies (SCP).',
    sql: "SELECT eventTime, userIdentity.arn, eventName, requestParameters FROM $EDS_ID WHERE eventSource = 'organizations.amazonaws.com' AND readOnly = false ORDER BY eventTime DESC LIMIT 100",
  },
  {
    name: 'Where a user calls from',
    description: 'Source IP addresses and user agents of each principal: unusual locations and tools.',
    sql: 'SELECT userIdentity.arn, sourceIPAddress, userAgent, count(*) AS calls, min(eventTime) AS first, max(eventTime) AS latest FROM $EDS_ID GROUP BY userIdentity.arn, sourceIPAddress, userAgent ORDER BY calls DESC LIMIT 100',
  },
  {
    name: 'Old TLS',
    description: 'Calls with outdated TLS versions, by client.',
    sql: "SELECT tlsDetails.tlsVersion, userIdentity.arn, userAgent, count(*) AS calls FROM $EDS_ID WHERE tlsDetails.tlsVersion IN ('TLSv1', 'TLSv1.1') GROUP BY ALL ORDER BY calls DESC",
  },
];
