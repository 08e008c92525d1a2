/**
 * Fields that are found in events without being asked for: of JSON, of VPC flow logs in the default format, of Route 53's
 * query logs, and of what Lambda functions write.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
 */

/** The message as a map, null where it is none. `log`: `ACCOUNT:NAME` of its group. */
export function mapIn(message: string, log: string): object | null {
  const start = message.indexOf('{');
  if (start < 0) return lineIn(message);
  const whole = start === 0 || message.slice(0, start).trim() === '';
  if (!whole && !isLambda(log)) return null;
  return mapOf(whole ? message : fragmentAt(message, start));
}

function mapOf(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** From an opening brace to the one that closes it. */
function fragmentAt(text: string, start: number): string {
  let depth = 0;
  let within = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (within && char === '\\') i++;
    else if (char === '"') within = !within;
    else if (!within && char === '{') depth++;
    else if (!within && char === '}' && --depth === 0) return text.slice(start, i + 1);
  }
  return '';
}

interface LineFormat {
  readonly fits: RegExp;
  readonly fields: readonly string[];
}

const FORMATS: readonly LineFormat[] = [
  {
    // Version 2. https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
    fits: /^2 \d{12} eni-\w+ (?:\S+ ){10}(?:OK|NODATA|SKIPDATA)$/,
    fields: [
      ...['version', 'accountId', 'interfaceId', 'srcAddr', 'dstAddr', 'srcPort', 'dstPort', 'protocol', 'packets'],
      ...['bytes', 'startTime', 'endTime', 'action', 'logStatus'],
    ],
  },
  {
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html
    fits: /^1\.0 \d{4}-\d\d-\d\dT\S+Z Z\w+ \S+ [A-Z0-9]+ [A-Z0-9]+ (?:UDP|TCP) \S+ \S+ \S+$/,
    fields: [
      ...['version', 'queryTimestamp', 'hostZoneId', 'queryName', 'queryType', 'responseCode', 'protocol'],
      ...['edgeLocation', 'resolverIp', 'ednsClientSubnet'],
    ],
  },
];
const LINE_MAX = 700;

function lineIn(message: string): object | null {
  if (message.length > LINE_MAX) return null;
  const format = FORMATS.find(({ fits }) => fits.test(message));
  if (!format) return null;
  const words = message.split(' ');
  return Object.fromEntries(format.fields.flatMap((name, i) => (words[i] === '-' ? [] : [[name, words[i]]])));
}

const isLambda = (log: string): boolean => log.includes(':/aws/lambda/');

export type SystemFields = Readonly<Record<string, string | number>>;

const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const OWN = new RegExp(`^(START|END|REPORT) RequestId: (${ID})`);
const WRITTEN = new RegExp(`^\\S{10,40}\\t(${ID})\\t`);

/** What a line of the report says, and how many of the unit one is. */
const REPORTED: readonly (readonly [field: string, reads: RegExp, unit: number])[] = [
  ['@duration', /\tDuration: ([\d.]+) ms/, 1],
  ['@billedDuration', /\tBilled Duration: ([\d.]+) ms/, 1],
  ['@initDuration', /\tInit Duration: ([\d.]+) ms/, 1],
  ['@memorySize', /\tMemory Size: (\d+) MB/, 1_000_000],
  ['@maxMemoryUsed', /\tMax Memory Used: (\d+) MB/, 1_000_000],
];
const TRACED: readonly (readonly [field: string, reads: RegExp])[] = [
  ['@xrayTraceId', /XRAY TraceId: (\S+)/],
  ['@xraySegmentId', /SegmentId: (\S+)/],
];
const REPORT_MAX = 2_000;

/** Those that begin with an @, of a line that Lambda or a function wrote. */
export function lambdaFields(message: string, log: string): SystemFields | null {
  if (!isLambda(log)) return null;
  const own = OWN.exec(message);
  const [, type, requestId] = own ?? [undefined, undefined, WRITTEN.exec(message)?.[1]];
  if (requestId === undefined) return null;
  if (type === undefined) return { '@requestId': requestId };
  const text = message.slice(0, REPORT_MAX);
  const numbers = REPORTED.flatMap(([field, reads, unit]): [string, number][] => {
    const found = reads.exec(text)?.[1];
    return found === undefined ? [] : [[field, Number(found) * unit]];
  });
  const traced = TRACED.flatMap(([field, reads]): [string, string][] => {
    const found = reads.exec(text)?.[1];
    return found === undefined ? [] : [[field, found]];
  });
  return { '@requestId': requestId, '@type': type, ...Object.fromEntries([...numbers, ...traced]) };
}
