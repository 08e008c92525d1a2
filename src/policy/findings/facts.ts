// What the checks need to know about AWS's services: handed in, for the engine imports nothing. The module
// src/core/facts.ts has this shape.

export interface ActionFact {
  readonly prefix: string;
  readonly name: string;
  readonly resourceTypes: readonly { readonly name: string; readonly conditionKeys: readonly string[] }[];
  readonly conditionKeys: readonly string[];
}

export interface ResourceTypeFact {
  readonly name: string;
  /** `arn:${Partition}:iam::${Account}:user/${UserNameWithPath}` */
  readonly arn: string;
  readonly conditionKeys: readonly string[];
}

export interface ConditionKeyFact {
  readonly name: string;
  readonly type: 'String' | 'ARN' | 'Bool' | 'Date' | 'IPAddress' | 'Numeric';
  /** A request has several values for it. */
  readonly multivalued: boolean;
}

/** Names are looked up in any case. */
export interface Facts {
  servicePrefixes(): readonly string[];
  serviceName(prefix: string): string | undefined;
  actionFact(prefix: string, name: string): ActionFact | undefined;
  actionsOf(prefix: string): readonly ActionFact[];
  resourceTypesOf(prefix: string): readonly ResourceTypeFact[];
  resourceType(prefix: string, name: string): ResourceTypeFact | undefined;
  conditionKey(name: string): ConditionKeyFact | undefined;
  /** Whether resource control policies apply to the service's resources. */
  supportsResourceControl(prefix: string): boolean;
}

/** ARNs whose service part is not the prefix of the services that use them. Service Authorization Reference. */
export const arnServices: Readonly<Record<string, readonly string[]>> = {
  'app-integrations': ['connect'],
  catalog: ['servicecatalog'],
  codewhisperer: ['q'],
  ec2: ['ebs', 'ec2-instance-connect'],
  eks: ['aps', 'eks-auth'],
  elasticloadbalancing: ['arc-zonal-shift', 'wafv2'],
  'elastic-inference': ['ec2'],
  'iq-permission': ['iq'],
  iam: ['sts', 'ec2'],
  iot: ['greengrass', 'iotjobsdata', 'iotwireless'],
  kafka: ['kafka-cluster'],
  opensearch: ['es'],
  qbusiness: ['qapps'],
  qdeveloper: ['q'],
  'redshift-serverless': ['redshift-data'],
  'route53-recovery-control': ['route53-recovery-cluster', 'route53-recovery-control-config'],
  's3-object-lambda': ['s3'],
  wafv2: ['apprunner', 'cognito-idp'],
  wisdom: ['connect'],
  es: ['opensearch'],
};
