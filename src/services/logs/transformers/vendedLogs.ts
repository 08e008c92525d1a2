/** Parsers of logs that AWS's services write. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-BuiltIn.html */
import { type Fields, type LogEvent, merge, Untransformable } from './event.ts';
import { jsonObject } from './parsers.ts';

type Parser = (message: string) => Fields;

const parserOf = (parse: Parser) => (event: LogEvent) => merge(event, undefined, parse(event.message), true);

const VPC = [
  ...['version', 'accountId', 'interfaceId', 'srcAddr', 'dstAddr', 'srcPort', 'dstPort', 'protocol', 'packets'],
  ...['bytes', 'start', 'end', 'action', 'logStatus'],
];
const VPC_TEXTS = new Set(['accountId', 'interfaceId', 'srcAddr', 'dstAddr', 'action', 'logStatus']);

const ROUTE53 = [
  ...['version', 'queryTimestamp', 'hostZoneId', 'queryName', 'queryType', 'responseCode', 'protocol'],
  ...['edgeLocation', 'resolverIp', 'ednsClientSubnet'],
];

const CLOUDFRONT = [
  ...['date', 'time', 'x-edge-location', 'sc-bytes', 'c-ip', 'cs-method', 'cs(Host)', 'cs-uri-stem', 'sc-status'],
  ...['cs(Referer)', 'cs(User-Agent)', 'cs-uri-query', 'cs(Cookie)', 'x-edge-result-type', 'x-edge-request-id'],
  ...['x-host-header', 'cs-protocol', 'cs-bytes', 'time-taken', 'x-forwarded-for', 'ssl-protocol', 'ssl-cipher'],
  ...['x-edge-response-result-type', 'cs-protocol-version', 'fle-status', 'fle-encrypted-fields', 'c-port'],
  ...['time-to-first-byte', 'x-edge-detailed-result-type', 'sc-content-type', 'sc-content-len', 'sc-range-start'],
  'sc-range-end',
];

const POSTGRES = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+):([^:]*):([^@:]*)@([^:]*):\[(\d+)\]:([A-Z0-9]+):/;

function words(message: string, names: readonly string[], read: (text: string, name: string) => unknown): Fields {
  const found = message.trim().split(/\s+/);
  if (found.length !== names.length) throw new Untransformable(`The text has not ${names.length} fields.`);
  return Object.fromEntries(names.map((name, i) => [name, read(found[i]!, name)]));
}

const NUMBER = /^-?\d+(\.\d+)?$/;
const number = (text: string) => (NUMBER.test(text) ? Number(text) : text);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function waf(message: string): Fields {
  const root = jsonObject(message);
  const request = root.httpRequest as Fields | undefined;
  return {
    ...root,
    ...(request && { httpRequest: { ...request, headers: byName(request.headers) } }),
    ...(root.labels !== undefined && { labels: byName(root.labels) }),
  };
}

/** Of `{ name, value }`; what has no value is a label whose name is all there is. */
function byName(list: unknown): unknown {
  if (!Array.isArray(list)) return list;
  return Object.fromEntries(
    list.flatMap((item: { name?: unknown; value?: unknown } | null) =>
      typeof item?.name === 'string' ? [item.value === undefined ? ['name', item.name] : [item.name, item.value]] : [],
    ),
  );
}

function postgres(message: string): Fields {
  const found = POSTGRES.exec(message.slice(0, 1000));
  if (!found) throw new Untransformable('The text is no line of a PostgreSQL log.');
  const [, logTime, srcIp, userName, dbName, processId, logLevel] = found;
  return { logTime, srcIp, userName, dbName, processId, logLevel };
}

export const VENDED_PARSERS = {
  parseCloudfront: parserOf((message) => words(message, CLOUDFRONT, (text) => number(decoded(text)))),
  parsePostgres: parserOf(postgres),
  parseRoute53: parserOf((message) =>
    words(message, ROUTE53, (text, name) => (name === 'version' ? Number(text) : text)),
  ),
  parseVPC: parserOf((message) => words(message, VPC, (text, name) => (VPC_TEXTS.has(name) ? text : number(text)))),
  parseWAF: parserOf(waf),
} as const;
