/**
 * The columns of an event data store.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-supported-event-schemas.html
 */
const MAP = 'MAP(VARCHAR,VARCHAR)';

const ISSUER = { type: 'VARCHAR', principalId: 'VARCHAR', arn: 'VARCHAR', accountId: 'VARCHAR', userName: 'VARCHAR' };

const SESSION = {
  attributes: { creationDate: 'TIMESTAMP', mfaAuthenticated: 'VARCHAR' },
  sessionIssuer: ISSUER,
  webIdFederationData: { federatedProvider: 'VARCHAR', attributes: MAP },
  sourceIdentity: 'VARCHAR',
  ec2RoleDelivery: 'VARCHAR',
  ec2IssuedInVpc: 'VARCHAR',
  assumedRoot: 'VARCHAR',
};

export const COLUMNS = {
  eventVersion: 'VARCHAR',
  userIdentity: {
    type: 'VARCHAR',
    principalId: 'VARCHAR',
    arn: 'VARCHAR',
    accountId: 'VARCHAR',
    accessKeyId: 'VARCHAR',
    userName: 'VARCHAR',
    sessionContext: SESSION,
    onBehalfOf: { userId: 'VARCHAR', identityStoreArn: 'VARCHAR' },
    inScopeOf: {
      sourceArn: 'VARCHAR',
      sourceAccount: 'VARCHAR',
      issuerType: 'VARCHAR',
      credentialsIssuedTo: 'VARCHAR',
    },
    invokedBy: 'VARCHAR',
    identityProvider: 'VARCHAR',
    credentialId: 'VARCHAR',
  },
  eventTime: 'VARCHAR',
  eventSource: 'VARCHAR',
  eventName: 'VARCHAR',
  awsRegion: 'VARCHAR',
  sourceIPAddress: 'VARCHAR',
  userAgent: 'VARCHAR',
  errorCode: 'VARCHAR',
  errorMessage: 'VARCHAR',
  requestParameters: MAP,
  responseElements: MAP,
  additionalEventData: MAP,
  requestID: 'VARCHAR',
  eventID: 'VARCHAR',
  readOnly: 'BOOLEAN',
  resources: [{ accountId: 'VARCHAR', type: 'VARCHAR', ARN: 'VARCHAR', ARNPrefix: 'VARCHAR' }],
  eventType: 'VARCHAR',
  apiVersion: 'VARCHAR',
  managementEvent: 'BOOLEAN',
  recipientAccountId: 'VARCHAR',
  sharedEventID: 'VARCHAR',
  annotation: 'VARCHAR',
  vpcEndpointId: 'VARCHAR',
  vpcEndpointAccountId: 'VARCHAR',
  serviceEventDetails: MAP,
  addendum: MAP,
  edgeDeviceDetails: MAP,
  insightDetails: MAP,
  eventCategory: 'VARCHAR',
  tlsDetails: { tlsVersion: 'VARCHAR', cipherSuite: 'VARCHAR', clientProvidedHostHeader: 'VARCHAR' },
  sessionCredentialFromConsole: 'VARCHAR',
  eventContext: {
    requestContext: MAP,
    tagContext: { resourceTags: [{ arn: 'VARCHAR', tags: MAP }], principalTags: MAP },
  },
} as const;

/** What Insights events and events from outside of AWS begin with. */
const HEAD = {
  eventVersion: 'VARCHAR',
  eventCategory: 'VARCHAR',
  eventType: 'VARCHAR',
  eventID: 'VARCHAR',
  eventTime: 'VARCHAR',
  awsRegion: 'VARCHAR',
  recipientAccountId: 'VARCHAR',
} as const;

/** Of Insights events. */
export const INSIGHT_COLUMNS = {
  ...HEAD,
  sharedEventID: 'VARCHAR',
  addendum: MAP,
  insightSource: 'VARCHAR',
  insightState: 'VARCHAR',
  insightEventSource: 'VARCHAR',
  insightEventName: 'VARCHAR',
  insightErrorCode: 'VARCHAR',
  insightType: 'VARCHAR',
  insightContext: {
    baselineAverage: 'DOUBLE',
    insightAverage: 'DOUBLE',
    baselineDuration: 'INTEGER',
    insightDuration: 'INTEGER',
    attributions: [
      {
        attribute: 'VARCHAR',
        insight: [{ value: 'VARCHAR', average: 'DOUBLE' }],
        baseline: [{ value: 'VARCHAR', average: 'DOUBLE' }],
      },
    ],
  },
} as const;

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-integration-event-schema.html */
export const ACTIVITY_COLUMNS = {
  ...HEAD,
  addendum: { reason: 'VARCHAR', updatedFields: 'VARCHAR', originalUID: 'VARCHAR', originalEventID: 'VARCHAR' },
  metadata: { ingestionTime: 'VARCHAR', channelARN: 'VARCHAR' },
  eventData: {
    version: 'VARCHAR',
    userIdentity: { type: 'VARCHAR', principalId: 'VARCHAR', details: MAP },
    userAgent: 'VARCHAR',
    eventSource: 'VARCHAR',
    eventName: 'VARCHAR',
    eventTime: 'VARCHAR',
    UID: 'VARCHAR',
    requestParameters: MAP,
    responseElements: MAP,
    errorCode: 'VARCHAR',
    errorMessage: 'VARCHAR',
    sourceIPAddress: 'VARCHAR',
    recipientAccountId: 'VARCHAR',
    additionalEventData: MAP,
  },
} as const;
