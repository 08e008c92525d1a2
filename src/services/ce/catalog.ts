/** How Cost Explorer names services and usage types. */

/** Event source, without `.amazonaws.com` → the value of the dimension SERVICE. Other services keep that name. */
const SERVICES: Readonly<Record<string, string>> = {
  account: 'AWS Account Management',
  ce: 'AWS Cost Explorer',
  cloudtrail: 'AWS CloudTrail',
  iam: 'AWS Identity and Access Management',
  kms: 'AWS Key Management Service',
  monitoring: 'AmazonCloudWatch',
  organizations: 'AWS Organizations',
  sqs: 'Amazon Simple Queue Service',
  sts: 'AWS Security Token Service',
};

export function serviceNamed(eventSource: string): string {
  const name = hostOf(eventSource);
  return SERVICES[name] ?? name;
}

/** Region → its code in usage types. */
const REGION_CODES: Readonly<Record<string, string>> = {
  'af-south-1': 'AFS1',
  'ap-east-1': 'APE1',
  'ap-northeast-1': 'APN1',
  'ap-northeast-2': 'APN2',
  'ap-northeast-3': 'APN3',
  'ap-south-1': 'APS3',
  'ap-south-2': 'APS5',
  'ap-southeast-1': 'APS1',
  'ap-southeast-2': 'APS2',
  'ap-southeast-3': 'APS4',
  'ap-southeast-4': 'APS6',
  'ca-central-1': 'CAN1',
  'ca-west-1': 'CAN2',
  'eu-central-1': 'EUC1',
  'eu-central-2': 'EUC2',
  'eu-north-1': 'EUN1',
  'eu-south-1': 'EUS1',
  'eu-south-2': 'EUS2',
  'eu-west-1': 'EUW1',
  'eu-west-2': 'EUW2',
  'eu-west-3': 'EUW3',
  'il-central-1': 'ILC1',
  'me-central-1': 'MEC1',
  'me-south-1': 'MES1',
  'sa-east-1': 'SAE1',
  'us-east-1': 'USE1',
  'us-east-2': 'USE2',
  'us-west-1': 'USW1',
  'us-west-2': 'USW2',
};

/** Services whose requests AWS bills under a usage type of their own. The rest follow Cost Explorer's. */
const USAGE_TYPES: Readonly<Record<string, (code: string, region: string) => string>> = {
  kms: (_code, region) => `${region}-KMS-Requests`,
  monitoring: (code) => `${code}-CW:Requests`,
  sqs: (code) => `${code}-Requests`,
};

/** `USE1-APIRequest`. */
export function usageTypeOf(eventSource: string, region: string): string {
  const code = REGION_CODES[region] ?? region;
  return USAGE_TYPES[hostOf(eventSource)]?.(code, region) ?? `${code}-APIRequest`;
}

/** The unit of every usage type above. */
export const UNIT = 'Requests';

const hostOf = (eventSource: string) => eventSource.split('.', 1)[0] ?? eventSource;
