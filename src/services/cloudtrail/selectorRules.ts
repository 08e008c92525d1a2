/**
 * What event selectors may say.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
 */
import {
  type AdvancedEventSelector,
  type AdvancedFieldSelector,
  type EventSelector as BasicSelector,
  InvalidEventSelectorsException,
} from '@aws-sdk/client-cloudtrail';
import { fail } from '../../core/errors.ts';

const SELECTORS_MAX = 5;
const RESOURCES_MAX = 250;
const VALUES_MAX = 500;

function refuse(sentence: string): never {
  fail(InvalidEventSelectorsException, sentence);
}

/** Each type of data event that basic selectors know: what its values look like. */
const BASIC_TYPES: Readonly<Record<string, RegExp>> = {
  'AWS::DynamoDB::Table': /^arn:[\w-]+:dynamodb(:[a-z0-9-]+:\d{12}:table\/[\w.-]+)?$/,
  'AWS::Lambda::Function': /^arn:[\w-]+:lambda(:[a-z0-9-]+:\d{12}:function:[\w:-]+)?$/,
  'AWS::S3::Object': /^arn:[\w-]+:s3(:::([a-z0-9.-]{3,63}\/[^*]*)?)?$/,
};

const EXCLUDABLE = ['kms.amazonaws.com', 'rdsdata.amazonaws.com'];

/** Throws InvalidEventSelectors. */
export function requireBasicSelectors(selectors: readonly BasicSelector[]): void {
  if (selectors.length > SELECTORS_MAX) refuse(`A trail can have up to ${SELECTORS_MAX} event selectors.`);
  let resources = 0;
  for (const selector of selectors) {
    for (const { Type = '', Values = [] } of selector.DataResources ?? []) {
      requireBasicResource(Type, Values);
      resources += Values.length;
    }
    requireExclusions(selector);
  }
  if (resources > RESOURCES_MAX) refuse(`A trail can have up to ${RESOURCES_MAX} data resources.`);
}

function requireBasicResource(type: string, values: readonly string[]): void {
  const pattern = BASIC_TYPES[type];
  if (!pattern) {
    const types = Object.keys(BASIC_TYPES).join(', ');
    refuse(`Value ${type} for DataResources.Type is invalid. Valid values are: ${types}`);
  }
  if (values.length === 0) refuse('DataResources.Values cannot be empty.');
  for (const value of values) {
    if (pattern.test(value)) continue;
    const bucket = /^arn:[\w-]+:s3:::[a-z0-9.-]+$/.test(value);
    refuse(bucket ? `Invalid S3 ARN: ${value}` : `Value ${value} for DataResources.Values is invalid.`);
  }
}

function requireExclusions(selector: BasicSelector): void {
  const excluded = selector.ExcludeManagementEventSources ?? [];
  const unknown = excluded.find((source) => !EXCLUDABLE.includes(source));
  if (unknown !== undefined) {
    refuse(`Value ${unknown} for ExcludeManagementEventSources is invalid. Valid values are: ${EXCLUDABLE.join(', ')}`);
  }
  if (excluded.length > 0 && selector.IncludeManagementEvents === false) {
    refuse('ExcludeManagementEventSources requires IncludeManagementEvents to be true.');
  }
}

type Operator = Exclude<keyof AdvancedFieldSelector, 'Field'>;

const OPERATORS: readonly Operator[] = [
  'Equals',
  'StartsWith',
  'EndsWith',
  'NotEquals',
  'NotStartsWith',
  'NotEndsWith',
];

interface FieldRule {
  readonly required?: true;
  /** All of them when absent. */
  readonly operators?: readonly Operator[];
  readonly values?: readonly string[] | RegExp;
  /** One value, not several. */
  readonly single?: true;
}

/** Category → field → what may be said of it. */
export type FieldRules = Readonly<Record<string, Readonly<Record<string, FieldRule>>>>;

const CATEGORY: FieldRule = { required: true, operators: ['Equals'] };
const READ_ONLY: FieldRule = { operators: ['Equals'], values: ['true', 'false'] };
const RESOURCE_TYPE: FieldRule = { required: true, operators: ['Equals'], values: /^AWS::\w+::?\w+$/, single: true };
const FROM_CONSOLE: FieldRule = { operators: ['Equals', 'NotEquals'], values: ['true', 'false'] };

const DATA: Readonly<Record<string, FieldRule>> = {
  eventCategory: CATEGORY,
  'resources.type': RESOURCE_TYPE,
  'resources.ARN': {},
  readOnly: READ_ONLY,
  eventName: {},
  eventSource: {},
  eventType: {},
  sessionCredentialFromConsole: FROM_CONSOLE,
  'userIdentity.arn': {},
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html */
const NETWORK_SOURCES = `
    aco-automation appconfig application-signals appmesh athena b2bi backup-gateway bcm-data-exports
    bcm-pricing-calculator bedrock-agentcore bedrock billing cassandra ce cloudcontrolapi cloudformation
    cloudhsm cloudoptimization cloudtrail codedeploy comprehend comprehendmedical config ds dynamodb ec2 ecs
    elasticfilesystem elasticloadbalancing events firehose frauddetector freetier fsx glue healthlake invoicing
    iot iotfleetwise iotsecuredtunneling kms lakeformation lambda license-manager lookoutequipment lookoutvision
    monitoring nova-act personalize qbusiness rds rekognition rolesanywhere s3 sagemaker scheduler
    secretsmanager servicediscovery sns sqs ssm-contacts ssm storagegateway swf textract transcribe
    transcribestreaming transform-agents transform-custom transform translate user-subscriptions
    verifiedpermissions voiceid workmail workmailmessageflow`
  .trim()
  .split(/\s+/)
  .map((name) => `${name}.amazonaws.com`);

const NETWORK: Readonly<Record<string, FieldRule>> = {
  eventCategory: CATEGORY,
  eventSource: { required: true, operators: ['Equals'], values: NETWORK_SOURCES, single: true },
  eventName: {},
  errorCode: { operators: ['Equals'], values: ['VpceAccessDenied'] },
  vpcEndpointId: {},
};

export const TRAIL_FIELDS: FieldRules = {
  Management: {
    eventCategory: CATEGORY,
    readOnly: READ_ONLY,
    eventSource: { operators: ['NotEquals'], values: EXCLUDABLE },
  },
  Data: DATA,
  NetworkActivity: NETWORK,
};

const ALONE: Readonly<Record<string, FieldRule>> = { eventCategory: CATEGORY };

export const STORE_FIELDS: FieldRules = {
  Management: {
    eventCategory: CATEGORY,
    readOnly: READ_ONLY,
    eventSource: {},
    eventName: {},
    eventType: {},
    sessionCredentialFromConsole: FROM_CONSOLE,
    'userIdentity.arn': {},
  },
  Data: DATA,
  NetworkActivity: NETWORK,
  Insight: ALONE,
  ConfigurationItem: ALONE,
  Evidence: ALONE,
  ActivityAuditLog: ALONE,
};

/** Throws InvalidEventSelectors. */
export function requireAdvancedSelectors(selectors: readonly AdvancedEventSelector[], rules: FieldRules): void {
  let values = 0;
  for (const { FieldSelectors = [] } of selectors) {
    const category = FieldSelectors.filter(({ Field }) => Field === 'eventCategory');
    const [{ Equals = [] } = {}] = category;
    if (category.length !== 1 || Equals.length !== 1) {
      refuse('Each advanced event selector must have one eventCategory field, with Equals and a single value.');
    }
    const fields = rules[Equals[0] ?? ''];
    if (!fields) {
      refuse(`Value ${Equals[0]} for eventCategory is invalid. Valid values are: ${Object.keys(rules).join(', ')}`);
    }
    requireFields(FieldSelectors, fields, Equals[0] ?? '');
    for (const field of FieldSelectors) {
      for (const operator of OPERATORS) values += field[operator]?.length ?? 0;
    }
  }
  if (values > VALUES_MAX) {
    refuse(`Advanced event selectors can have up to ${VALUES_MAX} values for all conditions.`);
  }
}

function requireFields(given: readonly AdvancedFieldSelector[], fields: FieldRules[string], category: string): void {
  const seen = new Set<string>();
  for (const selector of given) {
    const name = selector.Field ?? '';
    const rule = fields[name];
    if (!rule) {
      const valid = Object.keys(fields).join(', ');
      refuse(`Field ${name} is not valid for ${category} events. Valid fields are: ${valid}`);
    }
    if (seen.has(name)) refuse(`Field ${name} can be specified only once in an advanced event selector.`);
    seen.add(name);
    requireOperators(selector, rule, name);
  }
  const missing = Object.keys(fields).find((name) => fields[name]?.required && !seen.has(name));
  if (missing !== undefined) refuse(`Field ${missing} is required for ${category} events.`);
}

function requireOperators(selector: AdvancedFieldSelector, rule: FieldRule, name: string): void {
  const used = OPERATORS.filter((operator) => selector[operator] !== undefined);
  if (used.length === 0) refuse(`Field ${name} must have at least one operator.`);
  for (const operator of used) {
    const values = selector[operator] ?? [];
    if (rule.operators && !rule.operators.includes(operator)) {
      refuse(`Operator ${operator} is not valid for field ${name}. Valid operators are: ${rule.operators.join(', ')}`);
    }
    if (values.length === 0) refuse(`Operator ${operator} of field ${name} must have at least one value.`);
    const wrong = values.find((value) => !isAllowed(rule, value));
    if (wrong !== undefined) refuse(`Value ${wrong} is not valid for field ${name}.`);
  }
  if (rule.single && (selector.Equals?.length ?? 0) > 1) {
    refuse(`Field ${name} can have only one value in an advanced event selector.`);
  }
}

function isAllowed({ values }: FieldRule, value: string): boolean {
  if (values === undefined) return value.length >= 1 && value.length <= 2048;
  return values instanceof RegExp ? values.test(value) : values.includes(value);
}
