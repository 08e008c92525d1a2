/**
 * Makes src/services/<service>/limits.json: what AWS documents about each member of each operation's input.
 *
 *   node scripts/limits.ts FACTS_FOLDER [SERVICE…]
 *
 * FACTS_FOLDER holds one JSON file per service, reduced from AWS's published API models: `operations` → `input` →
 * limits by member path. The models rewrite every pattern for a search (`^…$`, a trailing `.*` left out); AWS matches
 * whole values and shows its own spelling in messages, so `pattern` gets that spelling back, and `regex` is added where
 * JavaScript needs another one. No pattern may backtrack without bound: constraints.test.ts tries each on hostile text.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Limit } from '../src/core/operation.ts';

type Facts = { operations: Record<string, { input?: Record<string, Limit> }> };

/** Service folder → facts file. */
const FILES: Record<string, string> = {
  iam: 'iam',
  sts: 'sts',
  organizations: 'organizations',
  account: 'account',
  cloudtrail: 'cloudtrail',
  ce: 'cost-explorer',
  cloudwatch: 'cloudwatch',
  sqs: 'sqs',
  sns: 'sns',
  kms: 'kms',
  accessanalyzer: 'accessanalyzer',
  logs: 'cloudwatch-logs',
  s3: 's3',
  s3control: 's3-control',
  events: 'eventbridge',
  scheduler: 'scheduler',
  firehose: 'firehose',
  identitystore: 'identitystore',
  kinesis: 'kinesis',
  ssoadmin: 'sso-admin',
  ssooidc: 'sso-oidc',
  ssoportal: 'sso',
  rolesanywhere: 'rolesanywhere',
};

/** Patterns that AWS itself writes with anchors; all others get theirs from the models. */
const ANCHORED: Record<string, RegExp> = {
  organizations: /^\^(h|p|ou|r|car)-|^\^\((r-|\\d)|^\^\\d\{12\}|^\^\(\[\\p/,
  cloudtrail: /^\^(?!\\d\+|\(\?s\)|s3:)/,
  ce: /^\^(\(\?! \)|\(\[\\p|\\d\{4\}-\\d\\d|\[\\S\\s\]\{8|arn:aws\[a-z-\])/,
  iam: /^\^([po]-|\[a-z0-9\]\()/,
  kinesis: /^\^\(arn\)/,
};

/** Patterns that every value satisfies. */
const ANYTHING = new Set([
  '[\\s\\S]*',
  '[\\S\\s]*',
  '(?s).*',
  // Of tagged resources, before buckets were among them: their ARNs name no Region.
  'arn:[^:]+:s3:[^:].*',
]);

/** JavaScript's spelling of what Java reads differently, or of what was plainly meant. */
const REWRITES: readonly (readonly [java: string, javascript: string])[] = [
  ['\\p{Z}-_', '\\p{Z}\\-_'],
  ['[\\w-_]', '[\\w\\-_]'],
  ['\\.\\_', '._'],
  ['\\-\\_', '\\-_'],
  ['storage\\-lens\\-group', 'storage-lens-group'],
  // Of Multi-Region Access Points: their ARNs have a slash.
  ['[a-zA-Z0-9\\:.-]{3,200}', '[a-zA-Z0-9:./-]{3,200}'],
  ['storage\\-lens', 'storage-lens'],
  ['\\:', ':'],
  ['\\=', '='],
  ['\\#-_', '#\\-_'],
  // Java reads `\u10000` as U+1000 and a zero. The members are documented as "up to U+10FFFF".
  ['\\u10000-\\u10FFFF', '\\u{10000}-\\u{10FFFF}'],
  // An exponent after the number, not two readings of the same digits.
  ['(\\d+(\\.\\d{0,10})?|(\\d+(\\.\\d{0,10})?[Ee][+-]?\\d+))', '(\\d+(\\.\\d{0,10})?([Ee][+-]?\\d+)?)'],
  ['([a-z]|\\-)', '([a-z]|-)'],
  ['([a-z]|\\d|\\-)', '([a-z]|\\d|-)'],
  // One reading of each text instead of many: blanks are in the set already.
  [
    '[ \\t]*[^\\x00-\\x1F:\\x7F]+([ \\t]+[^\\x00-\\x1F:\\x7F]+)*[ \\t]*',
    '\\t*[^\\x00-\\x1F:\\x7F][^\\x00-\\x08\\n-\\x1F:\\x7F]*',
  ],
  ['(?!(?i)(arn|aws):)', '(?!(?i:arn|aws):)'],
  // What Java lets be escaped for no reason.
  ['(\\.|\\_)', '(\\.|_)'],
  ['\\[\\]\\ \\(', '\\[\\] \\('],
  ['[\\S\\s]', '[^]'],
  // Java's `\s` knows ASCII only.
  ['(?!\\s*$)', '(?![ \\t\\n\\v\\f\\r]*$)'],
  ['\\s', ' \\t\\n\\v\\f\\r'],
];

/** Sets that AWS was seen to print in an order of its own. */
const PRINTED_ENUMS: readonly (readonly string[])[] = [['INSUFFICIENT_DATA', 'ALARM', 'OK']];

/** Enumerations that have grown since the facts were gathered, by their name in the SDK, which has today's values. */
const GROWN: Record<string, readonly string[]> = {
  organizations: ['PolicyType', 'EffectivePolicyType', 'ActionType'],
  ce: ['MonitorDimension', 'Dimension', 'SupportedSavingsPlansType', 'AnalysisType'],
  cloudwatch: ['AlarmType', 'HistoryItemType'],
  accessanalyzer: ['Type', 'AccessCheckResourceType', 'PolicyType', 'ValidatePolicyResourceType', 'ResourceType'],
  logs: ['LogGroupClass', 'PolicyType', 'DeliveryDestinationType', 'QueryStatus', 'OutputFormat', 'StandardUnit'],
  kms: [
    'KeySpec',
    'KeyUsageType',
    'GrantOperation',
    'DataKeyPairSpec',
    'SigningAlgorithmSpec',
    'MessageType',
    'WrappingKeySpec',
  ],
};

const INSTANCE_ARN = {
  required: true,
  length: [10, 1224],
  pattern: 'arn:(aws|aws-us-gov|aws-cn|aws-iso|aws-iso-b):sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}',
} as const satisfies Limit;
const REGION_NAME = { required: true, length: [1, 32], pattern: '([a-z]+-){2,3}\\d' } as const satisfies Limit;

/** Operations that have come, or whose input has changed, since the facts were gathered. */
const NEWER: Record<string, Record<string, Record<string, Limit>>> = {
  ssoadmin: {
    AddRegion: { InstanceArn: INSTANCE_ARN, RegionName: REGION_NAME },
    DescribeRegion: { InstanceArn: INSTANCE_ARN, RegionName: REGION_NAME },
    ListRegions: {
      InstanceArn: INSTANCE_ARN,
      MaxResults: { range: [1, 100] },
      NextToken: { length: [0, 2048], pattern: '[-a-zA-Z0-9+=/_]*' },
    },
    RemoveRegion: { InstanceArn: INSTANCE_ARN, RegionName: REGION_NAME },
    UpdateInstance: {
      Name: { length: [0, 255], pattern: '[\\w+=,.@-]+' },
      InstanceArn: INSTANCE_ARN,
      'EncryptionConfiguration.KeyType': { required: true, enum: ['CUSTOMER_MANAGED_KEY', 'AWS_OWNED_KMS_KEY'] },
      'EncryptionConfiguration.KmsKeyArn': {
        length: [1, 2048],
        pattern: 'arn:aws(-[a-z]{1,5}){0,3}:kms:[a-z0-9-]+:\\d{12}:key/[a-zA-Z0-9-]+',
      },
    },
  },
};

/** Values that AWS does not know outside its Regions in China. */
const ELSEWHERE: Record<string, RegExp> = { kms: /^SM2/ };

/** Services that answer an unknown value with an error of their own instead of a broken limit. */
const OWN_ENUM_ERRORS = new Set(['sqs', 's3', 's3control']);

const [folder, ...only] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node scripts/limits.ts FACTS_FOLDER [SERVICE…]\n');
  process.exit(2);
}
for (const service of only.length > 0 ? only : Object.keys(FILES)) await write(folder, service);

async function write(folder: string, service: string): Promise<void> {
  const facts = JSON.parse(readFileSync(`${folder}/${FILES[service]}.json`, 'utf8')) as Facts;
  const grown = await grownEnums(service);
  const lines: string[] = [];
  const newer = Object.entries(NEWER[service] ?? {}).map(([name, input]) => [name, { input }] as const);
  const operations = { ...facts.operations, ...Object.fromEntries(newer) };
  for (const [operation, { input = {} }] of Object.entries(operations)) {
    const members = Object.entries(input).map(([path, limit]) => [path, normal(service, limit, grown)] as const);
    const limited = members.filter(([, limit]) => Object.keys(limit).length > 0);
    if (limited.length > 0) lines.push(`${JSON.stringify(operation)}: ${JSON.stringify(Object.fromEntries(limited))}`);
  }
  const target = new URL(`../src/services/${service}/`, import.meta.url);
  mkdirSync(target, { recursive: true });
  writeFileSync(new URL('limits.json', target), `{\n${lines.join(',\n')}\n}\n`);
  process.stdout.write(`${service}: ${lines.length} operations\n`);
}

async function grownEnums(service: string): Promise<readonly Values[]> {
  const names = GROWN[service] ?? [];
  if (names.length === 0) return [];
  const sdk = (await import(`@aws-sdk/client-${FILES[service]}`)) as Record<string, Record<string, string>>;
  return names.map((name) => Object.values(sdk[name] ?? {})).toSorted((a, b) => a.length - b.length);
}

function normal(service: string, limit: Limit, grown: readonly Values[]): Limit {
  const { pattern, enum: values, ...rest } = limit;
  return { ...rest, ...patterns(service, pattern), ...enumerated(service, values, grown) };
}

type Values = readonly string[];

/** The model's values in the model's order, then those that came later. */
function enumerated(service: string, values: Values | undefined, grown: readonly Values[]): Pick<Limit, 'enum'> {
  if (values === undefined || OWN_ENUM_ERRORS.has(service)) return {};
  const today = grown.find((set) => values.every((value) => set.includes(value))) ?? [];
  const all = [...new Set([...values, ...today])].filter((value) => !ELSEWHERE[service]?.test(value));
  const printed = PRINTED_ENUMS.find((set) => set.length === all.length && set.every((value) => all.includes(value)));
  return { enum: printed ?? all };
}

function patterns(service: string, published: string | undefined): Pick<Limit, 'pattern' | 'regex'> {
  if (published === undefined) return {};
  const bare = withoutAnchors(published);
  if (ANYTHING.has(bare)) return {};
  const pattern = ANCHORED[service]?.test(published) ? published : bare;
  const plain = `^(?:${pattern})$`;
  const regex = REWRITES.reduce((text, [java, javascript]) => text.replaceAll(java, javascript), plain);
  new RegExp(regex, 'u');
  return { pattern, ...(regex === plain ? {} : { regex }) };
}

/** `^a$` → `a`; `^a` → `a.*`, which the models leave out. */
function withoutAnchors(published: string): string {
  if (!published.startsWith('^')) return published;
  return published.endsWith('$') ? published.slice(1, -1) : `${published.slice(1)}.*`;
}
