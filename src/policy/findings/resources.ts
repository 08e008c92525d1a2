// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS writes placeholders so
// Resource ARNs against the formats of the Service Authorization Reference. A * or a ? and a policy variable stand for
// any text, so an ARN is wrong only when nothing it can mean is right.

import { matchesPattern } from '../match.ts';
import { partOf, type Text } from './document.ts';
import { arnServices, type Facts, type ResourceTypeFact } from './facts.ts';
import { overlap } from './globs.ts';
import { isRegion, partitions } from './regions.ts';
import { isWild, type Run, type StatementCheck } from './run.ts';

export const resources: StatementCheck = (run, { resource, notResource }) => {
  for (const text of [...resource, ...notResource]) checkResource(run, text);
};

/** The six fields of an ARN with the place of each. The last holds whatever colons follow. */
interface Arn {
  readonly text: Text;
  readonly fields: readonly Field[];
}

interface Field {
  /** As written, but a variable is a *. */
  readonly pattern: string;
  readonly start: number;
  readonly length: number;
}

const fieldsMin = 6;

function checkResource(run: Run, text: Text): void {
  if (text.text === '*' || text.text.startsWith('${')) return;
  const arn = arnOf(text);
  const [prefix, partition, service] = arn.fields;
  if (prefix?.pattern !== 'arn') {
    if (!prefix || !isWild(prefix.pattern) || !matchesPattern(prefix.pattern, 'arn')) {
      run.report('INVALID_ARN_PREFIX', {}, text);
      return;
    }
  }
  if (arn.fields.length < fieldsMin && !text.text.endsWith('*')) {
    run.report('MISSING_ARN_FIELD', { fields: fieldsMin }, text);
  }
  if (partition && !partitions.some((each) => fits(partition.pattern, each))) {
    const values = { service: service?.pattern ?? '', partition: partition.pattern, partitions: partitionList };
    run.report('INVALID_PARTITION', values, at(arn, partition));
  }
  if (service && arn.fields.length >= 4) checkService(run, arn, service);
}

const partitionList = `[${partitions.join(', ')}]`;

function checkService(run: Run, arn: Arn, service: Field): void {
  const { facts, report } = run;
  const name = service.pattern;
  if (isWild(name)) {
    report('WILDCARD_IN_SERVICE_NAME', {}, at(arn, service));
    return;
  }
  const lower = name.toLowerCase();
  const known = facts.serviceName(lower) !== undefined || Object.hasOwn(arnServices, lower);
  if (!known) report('INVALID_SERVICE', { service: name }, at(arn, service));
  else if (lower !== name) report('INVALID_ARN_SERVICE_CASE', { service: name }, at(arn, service));
  else if (arn.fields.length >= fieldsMin) checkFormat(run, arn, name);
}

function checkFormat(run: Run, arn: Arn, service: string): void {
  const [, , , region, account, resource] = arn.fields;
  if (!region || !account || !resource) return;
  checkAccountForm(run, arn, account);
  if (region.pattern !== '' && !isWild(region.pattern) && !isRegion(region.pattern)) {
    run.report('INVALID_ARN_REGION', { region: region.pattern }, at(arn, region));
  }
  const formats = formatsOf(run.facts, service);
  if (formats.length === 0 || backups.test(resource.pattern)) return;
  const fitting = formats.filter((format) => mayBe(run, resource.pattern, format));
  if (fitting.length === 0) {
    run.report('INVALID_ARN_RESOURCE', {}, at(arn, resource));
    return;
  }
  if (fitting.some((format) => regionFits(region, format) && accountFits(account, format))) return;
  const [meant] = fitting.toSorted((a, b) => b.literals - a.literals);
  if (meant) reportFields(run, arn, meant, service);
}

function reportFields(run: Run, arn: Arn, format: Format, service: string): void {
  const [, , , region, account] = arn.fields;
  if (!region || !account) return;
  if (!regionFits(region, format)) {
    if (region.pattern === '') run.report('MISSING_ARN_REGION', { service }, at(arn, region));
    else if (format.region === '') run.report('ARN_REGION_NOT_ALLOWED', { service }, at(arn, region));
    else if (isRegion(region.pattern)) run.report('INVALID_ARN_REGION', { region: region.pattern }, at(arn, region));
  }
  if (accountFits(account, format)) return;
  if (account.pattern === '') run.report('MISSING_ARN_ACCOUNT', { resourceName: format.name }, at(arn, account));
  else if (format.account === '') run.report('ARN_ACCOUNT_NOT_ALLOWED', { service }, at(arn, account));
}

function checkAccountForm(run: Run, arn: Arn, account: Field): void {
  const { pattern } = account;
  if (pattern === '' || /^(\d{12}|aws|[\d*?]*[*?][\d*?]*)$/.test(pattern)) return;
  if (owners.has(pattern)) return;
  run.report('INVALID_ARN_ACCOUNT', { account: pattern }, at(arn, account));
}

/** What stands in the account field of AWS's own resources. */
const owners = new Set(['amazon', 'aws-marketplace', 'aws-managed', 'cloudfront', 'offering', 'third-party']);

/** Services whose public resources leave out the account: parameters and documents of Systems Manager. */
const publicResources = new Set(['ssm']);

interface Format {
  readonly name: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** The resource part as a pattern. */
  readonly resource: string;
  /** The pattern up to its first wildcard. */
  readonly head: string;
  /** How much of it is literal. */
  readonly literals: number;
}

const formatsByFacts = new WeakMap<Facts, Map<string, readonly Format[]>>();

/** The formats of ARNs with this service part. Kept: facts do not change. */
function formatsOf(facts: Facts, service: string): readonly Format[] {
  let services = formatsByFacts.get(facts);
  if (!services) formatsByFacts.set(facts, (services = new Map()));
  let formats = services.get(service);
  if (!formats) {
    const prefixes = [service, ...(arnServices[service] ?? [])];
    const types = prefixes.flatMap((prefix) => facts.resourceTypesOf(prefix));
    formats = [...types.map(formatOf), ...(unlisted[service] ?? [])].filter((format) => format.service === service);
    services.set(service, formats);
  }
  return formats;
}

/** `?*`: at least one character. */
function formatOf({ name, arn }: Pick<ResourceTypeFact, 'name' | 'arn'>): Format {
  const [, , service = '', region = '', account = '', ...rest] = arn.split(/:(?![^{]*\})/);
  const resource = rest.join(':').replaceAll(/\$\{[^}]*\}/g, '?*');
  const [head = ''] = resource.split(/[?*]/, 1);
  return { name, service, region, account, resource, head, literals: resource.replaceAll(/[?*]/g, '').length };
}

/** Formats that policies use and the reference does not list. */
const unlisted: Readonly<Record<string, readonly Format[]>> = {
  ssm: [formatOf({ name: 'public-parameter', arn: 'arn:${Partition}:ssm:${Region}::parameter/aws/${Path}' })],
};

/** AWS Backup keeps copies of other services' resources under ARNs of those services. */
const backups = /^(recovery-point|awsbackup):/;

/** Longer resources are not compared with formats. */
const comparedMax = 1024;

function mayBe(run: Run, resource: string, format: Format): boolean {
  const literal = resource.slice(0, format.head.length);
  const wild = literal.search(/[*?]/);
  if (wild < 0 ? !literal.startsWith(format.head) : !format.head.startsWith(literal.slice(0, wild))) return false;
  if (format.resource === `${format.head}?*`) return resource.includes('*') || resource.length > format.head.length;
  if (!isWild(resource)) return matchesPattern(format.resource, resource);
  if (resource.length > comparedMax || !run.spend(resource.length * format.resource.length)) return true;
  return overlap(resource, format.resource);
}

function regionFits({ pattern }: Field, { region }: Format): boolean {
  if (region === '') return pattern === '' || /^\*+$/.test(pattern);
  if (region.startsWith('$')) return pattern !== '';
  return pattern !== '' && (region === '*' || fits(pattern, region));
}

function accountFits({ pattern }: Field, { account, service }: Format): boolean {
  if (account === '') return pattern === '' || /^\*+$/.test(pattern);
  return pattern !== '' || account === '*' || publicResources.has(service);
}

function fits(pattern: string, text: string): boolean {
  return pattern === text || (isWild(pattern) && matchesPattern(pattern, text));
}

function at({ text }: Arn, { start, length }: Field) {
  return partOf(text, start, length);
}

/** The fields of a text that should be an ARN; fewer than six where colons are missing. */
export function arnOf(text: Text): Arn {
  const fields: Field[] = [];
  let start = 0;
  for (const end of fieldEnds(text.text)) {
    const field = text.text.slice(start, end);
    fields.push({ pattern: field.replaceAll(/\$\{[^}]*\}?/g, '*'), start, length: end - start });
    start = end + 1;
  }
  return { text, fields };
}

/** Where the fields end: at the first five colons outside of variables, and at the end. */
function fieldEnds(text: string): number[] {
  const ends: number[] = [];
  for (let i = 0; i < text.length && ends.length < fieldsMin - 1; i++) {
    if (text.startsWith('${', i)) {
      const close = text.indexOf('}', i);
      if (close < 0) break;
      i = close;
    } else if (text[i] === ':') ends.push(i);
  }
  return [...ends, text.length];
}
