/**
 * Data protection policies: what they say, compiled. Managed identifiers are those of patterns/dataIdentifiers.ts; a
 * policy with others is refused.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html
 */
import { notImplemented } from '../../core/errors.ts';
import { type DataIdentifier, isManagedName, managedIdentifier } from '../../patterns/dataIdentifiers.ts';
import { compileRegex } from '../../patterns/regex/index.ts';
import { refuse } from './errors.ts';
import type { Topic } from './topicRows.ts';

export interface Audit {
  /** Percent. */
  readonly rate: number;
  /** Log groups. */
  readonly findings?: string | undefined;
  readonly noFindings?: string | undefined;
}

export interface Statement {
  readonly direction: 'Inbound' | 'Outbound';
  readonly principals: readonly string[];
  readonly identifiers: readonly DataIdentifier[];
  readonly audit?: Audit;
  /** What stands instead of what was found. */
  readonly deidentify?: (found: string) => string;
  readonly deny?: true;
}

const BYTES_MAX = 30_720;
const CUSTOM_MAX = 10;
const LIST_MAX = 50;

type Json = Readonly<Record<string, unknown>>;

const invalid = (why: string): never => refuse(`DataProtectionPolicy Reason: ${why}`);
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws InvalidParameter; NotImplemented for destinations that are not here */
export function statementsOf(text: string): readonly Statement[] {
  if (Buffer.byteLength(text) > BYTES_MAX) invalid(`the policy is longer than ${BYTES_MAX} bytes`);
  const policy = parsed(text);
  for (const name of Object.keys(policy)) if (!MEMBERS.has(name)) invalid(`unknown member ${name}`);
  if (typeof policy.Name !== 'string') invalid('Name is required');
  if (policy.Version !== '2021-06-01') invalid('Version must be 2021-06-01');
  const list = listOf(policy.Statement, 'Statement');
  const custom = customOf(policy.Configuration);
  const statements = list.map((statement) => statementOf(statement, custom));
  if (statements.filter(({ audit }) => audit).length > 1) invalid('a policy can have only one Audit statement');
  return statements;
}

const MEMBERS = new Set(['Name', 'Description', 'Version', 'Statement', 'Configuration']);

function parsed(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Not JSON.
  }
  return invalid('failed to parse JSON');
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= LIST_MAX) return value;
  return invalid(`${name} must be a list of 1 to ${LIST_MAX} members`);
}

function customOf(configuration: unknown): ReadonlyMap<string, DataIdentifier> {
  const list = isObject(configuration) ? (configuration.CustomDataIdentifier ?? []) : [];
  if (!Array.isArray(list) || list.length > CUSTOM_MAX) return invalid(`at most ${CUSTOM_MAX} custom data identifiers`);
  return new Map(
    (list as unknown[]).map((each) => {
      const { Name, Regex } = isObject(each) ? each : {};
      if (typeof Name !== 'string' || !/^[\w-]{1,128}$/.test(Name) || isManagedName(Name)) {
        return invalid('the name of a custom data identifier is not valid');
      }
      // No groups: AWS's own list of characters leaves out parentheses.
      if (typeof Regex !== 'string' || !/^[\w#=@/;,\- ^$?[\]{}|\\*+.]{1,200}$/.test(Regex)) {
        return invalid(`the regular expression of ${Name} is not valid`);
      }
      const regex = compileRegex(Regex, 'query');
      if ('problem' in regex) return invalid(`the regular expression of ${Name}: ${regex.problem}`);
      return [Name, { name: Name, regex }] as const;
    }),
  );
}

function statementOf(given: unknown, custom: ReadonlyMap<string, DataIdentifier>): Statement {
  if (!isObject(given)) return invalid('a statement must be an object');
  const { DataDirection: direction, Principal, DataIdentifier, Operation } = given;
  if (direction !== 'Inbound' && direction !== 'Outbound') return invalid('DataDirection must be Inbound or Outbound');
  const principals = listOf(Principal, 'Principal').map(String);
  if (principals.some((each) => each !== '*' && !/^arn:aws[\w-]*:(iam|sts)::\d{12}:.+$/.test(each))) {
    invalid('Principal must be * or ARNs of IAM principals');
  }
  const identifiers = listOf(DataIdentifier, 'DataIdentifier').map((each) => {
    const name = String(each);
    return custom.get(name) ?? managedIdentifier(name) ?? invalid(`the data identifier ${name} is not supported`);
  });
  return { direction, principals, identifiers, ...operationOf(Operation, direction) };
}

function operationOf(operation: unknown, direction: string): Pick<Statement, 'audit' | 'deidentify' | 'deny'> {
  const [[name, value] = ['', undefined], ...more] = isObject(operation) ? Object.entries(operation) : [];
  if (more.length > 0 || !isObject(value)) return invalid('Operation must be one of Audit, Deidentify and Deny');
  if (name === 'Deny') return { deny: true };
  if (name === 'Deidentify') return { deidentify: deidentifierOf(value) };
  if (name !== 'Audit') return invalid(`unknown operation ${name}`);
  if (direction !== 'Inbound') invalid('Audit is for inbound messages');
  const rate = Number(value.SampleRate);
  if (value.SampleRate === undefined || !Number.isInteger(rate) || rate < 0 || rate > 99) {
    invalid('SampleRate must be from 0 to 99');
  }
  const findings = destinationOf(value.FindingsDestination);
  const noFindings = destinationOf(value.NoFindingsDestination);
  return { audit: { rate, findings, noFindings } };
}

const MASK = /^[*A-Za-z0-9 !$%&()+,\-./\\#:;=<>@[\]^_`|~]$/;

function deidentifierOf({ MaskConfig, RedactConfig, ...rest }: Json): (found: string) => string {
  if (Object.keys(rest).length > 0 || (MaskConfig === undefined) === (RedactConfig === undefined)) {
    return invalid('Deidentify must have either MaskConfig or RedactConfig');
  }
  if (RedactConfig !== undefined) return () => '';
  const character = isObject(MaskConfig) ? (MaskConfig.MaskWithCharacter ?? '#') : undefined;
  if (typeof character !== 'string' || !MASK.test(character)) return invalid('MaskWithCharacter is not supported');
  return (found) => character.repeat(found.length);
}

/** The log group. */
function destinationOf(destination: unknown): string | undefined {
  if (destination === undefined) return undefined;
  const { CloudWatchLogs, Firehose, S3 } = isObject(destination) ? destination : {};
  if (Firehose !== undefined) notImplemented('A Firehose stream as destination of findings');
  if (S3 !== undefined) notImplemented('A bucket as destination of findings');
  const { LogGroup } = isObject(CloudWatchLogs) ? CloudWatchLogs : {};
  if (CloudWatchLogs === undefined) return undefined;
  if (typeof LogGroup === 'string' && /^\/aws\/vendedlogs\/[\w./#-]{1,490}$/.test(LogGroup)) return LogGroup;
  return invalid('LogGroup must begin with /aws/vendedlogs/');
}

const compiled = new WeakMap<Topic, readonly Statement[]>();

/** What a topic's policy says of messages that come in, or go out. */
export function statementsFor(topic: Topic, direction: Statement['direction']): readonly Statement[] {
  if (topic.dataProtection === undefined) return [];
  let statements = compiled.get(topic);
  if (!statements) compiled.set(topic, (statements = statementsOf(topic.dataProtection)));
  return statements.filter((statement) => statement.direction === direction);
}
