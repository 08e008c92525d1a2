/**
 * What a recorded call was about, as ARNs. In this order: AWS's own sentence about a denial; `resources` of the record;
 * ARNs among the parameters; the ARN templates of the Service Authorization Reference filled from the parameters. What
 * the record does not tell stays a `*`, and the resource is marked as not exact: it is some resource of that form.
 */
import { accountOf } from '../core/arn.ts';
import { type ActionFact, actionFact, resourceType } from '../core/facts.ts';
import { matches, type Pattern, patternOf } from '../policy/match.ts';
import type { Caller } from './callers.ts';
import { isObject, type TrailRecord } from './record.ts';

export interface Resource {
  readonly arn: string;
  /** False: one of the resources that fit `arn`, in which `*` stands for what the record does not tell. */
  readonly exact: boolean;
  /** The account that owns it; null where neither ARN nor record tell (`*`). */
  readonly account: string | null;
  /** A user or role named without its path, which was taken to be `/`. */
  readonly pathAssumed: boolean;
}

/** Where users and roles are, by account, kind and name: their ARNs with the path. */
export type FindPrincipal = (account: string, kind: string, name: string) => string | undefined;

/** At least one. */
export function resourcesOf(record: TrailRecord, action: string, caller: Caller, find: FindPrincipal): Resource[] {
  const account = record.recipientAccountId ?? caller.account;
  const told = toldBy(record, action);
  if (told !== undefined) return [exactly(told, record, account)];
  const [prefix = '', name = ''] = action.split(':');
  const fact = actionFact(prefix, name);
  if (!fact) return ofUnlisted(record, account);
  const types = formsOf(fact);
  if (types.length === 0) return [exactly('*', record, account)];
  const named = (record.resources ?? []).flatMap(({ ARN }) => (typeof ARN === 'string' ? [ARN] : []));
  const listed = named.filter((arn) => types.some((type) => matches(type.pattern, arn)));
  if (listed.length > 0) return mostSpecific(listed, types).map((arn) => exactly(arn, record, account));
  return fromParameters(record, types, { record, caller, account, find, fact, leaves: leavesOf(record) });
}

/** `… is not authorized to perform: ACTION on resource: ARN …`: exactly what was asked. */
function toldBy({ errorMessage }: TrailRecord, action: string): string | undefined {
  if (typeof errorMessage !== 'string') return undefined;
  const match = /not authorized to perform: (\S+) on resource: "?([^\s"]+)"?/.exec(errorMessage);
  return match && match[1]?.toLowerCase() === action.toLowerCase() ? match[2]?.replace(/[.,]$/, '') : undefined;
}

function exactly(arn: string, record: TrailRecord, fallback: string | null): Resource {
  const owner = accountOf(arn) ?? ownerOf(arn, record) ?? (arn === '*' ? null : fallback);
  return { arn, exact: true, account: owner, pathAssumed: false };
}

function ownerOf(arn: string, { resources }: TrailRecord): string | undefined {
  const found = resources?.find((r) => r.ARN === arn && r.accountId) ?? resources?.find((r) => r.accountId);
  return found?.accountId;
}

function ofUnlisted(record: TrailRecord, account: string | null): Resource[] {
  const named = (record.resources ?? []).flatMap(({ ARN }) => (typeof ARN === 'string' ? [ARN] : []));
  if (named.length > 0) return named.map((arn) => exactly(arn, record, account));
  return [{ arn: '*', exact: false, account, pathAssumed: false }];
}

/** S3 names the bucket beside the object: where an object is asked for, the bucket is not meant. */
function mostSpecific(arns: readonly string[], types: readonly Form[]): readonly string[] {
  const required = arns.filter((arn) => types.some((type) => type.required && matches(type.pattern, arn)));
  return required.length > 0 ? required : arns;
}

interface Form {
  readonly name: string;
  /** The template with a `*` for each variable. */
  readonly pattern: Pattern;
  /** The template's text and variables in turn, text first. */
  readonly parts: readonly string[];
  readonly required: boolean;
  readonly variables: readonly string[];
}

const forms = new WeakMap<ActionFact, readonly Form[]>();

function formsOf(fact: ActionFact): readonly Form[] {
  const found = forms.get(fact);
  if (found) return found;
  const made = fact.resourceTypes.flatMap(({ name, required }) => {
    const template = resourceType(fact.prefix, name)?.arn;
    if (template === undefined) return [];
    const variables = [...template.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const pattern = patternOf(template.replaceAll(/\$\{\w+\}/g, '*'));
    return [{ name, pattern, parts: template.split(/\$\{(\w+)\}/), required, variables }];
  });
  forms.set(fact, made);
  return made;
}

interface Asked {
  readonly record: TrailRecord;
  readonly caller: Caller;
  readonly account: string | null;
  readonly find: FindPrincipal;
  readonly fact: ActionFact;
  readonly leaves: ReadonlyMap<string, readonly string[]>;
}

interface Filled extends Resource {
  readonly form: Form;
  readonly complete: boolean;
}

function fromParameters(record: TrailRecord, types: readonly Form[], asked: Asked): Resource[] {
  const arns = [...asked.leaves.values()].flat().filter((value) => value.startsWith('arn:'));
  const given = arns.filter((arn) => types.some((type) => matches(type.pattern, arn)));
  if (given.length > 0) return [...new Set(given)].map((arn) => exactly(arn, record, asked.account));
  const filled = types.flatMap((form) => fill(form, asked));
  const whole = filled.filter(({ complete }) => complete);
  const required = filled.filter(({ form }) => form.required);
  // Types that share the same parameter are alternatives: which one it was is not told.
  const wholeTypes = new Set(whole.map(({ form }) => form.name));
  if (wholeTypes.size === 1 && required.every(({ form }) => wholeTypes.has(form.name))) return whole.map(plain);
  if (wholeTypes.size > 1 && sharesVariable(whole)) return filled.map((one) => ({ ...plain(one), exact: false }));
  const wanted = [...whole, ...required.filter(({ complete }) => !complete)];
  return (wanted.length > 0 ? wanted : filled).map(plain);
}

const plain = ({ arn, exact, account, pathAssumed }: Filled): Resource => ({ arn, exact, account, pathAssumed });

function sharesVariable(filled: readonly Filled[]): boolean {
  const last = new Map<string, string>();
  for (const { form } of filled) {
    const variable = form.variables.at(-1) ?? '';
    const other = last.get(variable);
    if (other !== undefined && other !== form.name) return true;
    last.set(variable, form.name);
  }
  return false;
}

/** Of what is being made nobody knows the id: AWS itself asks for `…/*`. */
const MAKES = /^(Create|Run|Allocate|Register|Import|Request|Copy|Restore|Purchase)/;
const valuesMax = 20;

function fill(form: Form, asked: Asked): Filled[] {
  const { record, account, caller } = asked;
  const main = form.variables.at(-1) ?? '';
  const values = PLACES.has(main) ? [undefined] : valuesOf(main, asked);
  return (values.length === 0 ? [undefined] : values.slice(0, valuesMax)).map((value) => {
    let complete = true;
    let open = false;
    let pathAssumed = false;
    let arn = '';
    for (const [i, part] of form.parts.entries()) {
      const place = i % 2 === 0 ? part : placeOf(part, record, account);
      const found = place ?? (part === main ? value : valuesOf(part, asked)[0]);
      if (found === undefined) complete = false;
      if (found === undefined || (place === undefined && found.includes('*'))) open = true;
      arn += found ?? '*';
    }
    if (main.endsWith('NameWithPath') && value !== undefined) {
      const known = asked.find(account ?? '', form.name, value);
      const path = asked.leaves.get('path')?.[0];
      if (known) arn = known;
      else if (path && MAKES.test(asked.fact.name)) arn = arn.replace(`/${value}`, `${path}${value}`);
      else if (!MAKES.test(asked.fact.name)) pathAssumed = caller.arn !== arn;
    }
    const exact = !open || (MAKES.test(asked.fact.name) && asked.fact.accessLevel === 'Write');
    return { arn, exact, account: accountOf(arn) ?? account, pathAssumed, form, complete };
  });
}

const PLACES = new Set(['Partition', 'Region', 'Account']);

function placeOf(variable: string, { awsRegion }: TrailRecord, account: string | null): string | undefined {
  if (variable === 'Account') return account ?? '*';
  if (variable === 'Region') return awsRegion ?? '*';
  if (variable !== 'Partition') return undefined;
  return awsRegion?.startsWith('cn-') ? 'aws-cn' : awsRegion?.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Variable of a template → parameters that hold it, in lower case; else the parameter of the same name. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  ObjectName: ['key'],
  QueueName: ['queueurl', 'queuename'],
  ParameterNameWithoutLeadingSlash: ['name', 'names', 'path'],
  SecretId: ['secretid'],
  ClusterName: ['clustername', 'cluster', 'name'],
  DocumentName: ['documentname'],
  ResourceId: ['modelid', 'resourceid'],
  CertificateNameWithPath: ['servercertificatename'],
  TopicName: ['topicname', 'name'],
  LoggroupName: ['loggroupname'],
  AliasName: ['aliasname'],
  DomainName: ['domainname'],
  TrailName: ['trailname', 'name'],
  DBInstanceName: ['dbinstanceidentifier'],
  DbInstanceName: ['dbinstanceidentifier'],
  DbClusterInstanceName: ['dbclusteridentifier'],
  KeyPairName: ['keyname'],
  SecurityGroupId: ['groupid', 'securitygroupid'],
  NaclId: ['networkaclid'],
  GuardrailId: ['guardrailidentifier', 'guardrailid'],
};

function valuesOf(variable: string, { leaves, caller, fact }: Asked): readonly string[] {
  const names = PARAMETERS[variable] ?? [variable.replace(/WithPath$/, '').toLowerCase()];
  const own = names.map((name) => leaves.get(name)).find((values) => values !== undefined);
  if (own === undefined) {
    // IAM's calls about a user without a name are about the caller.
    const self = variable === 'UserNameWithPath' && fact.prefix === 'iam' && caller.principal.type === 'User';
    return self && caller.arn ? [caller.arn.slice(caller.arn.indexOf(':user/') + 6)] : [];
  }
  const shape = SHAPES[variable];
  return shape ? own.map(shape) : own.filter((value) => !value.startsWith('arn:') || variable === 'ResourceId');
}

/** How a parameter's value becomes the part of the ARN; a `*` in it says that more is unknown. */
const SHAPES: Readonly<Record<string, (value: string) => string>> = {
  QueueName: (url) => url.slice(url.lastIndexOf('/') + 1),
  ParameterNameWithoutLeadingSlash: (name) => name.replace(/^\//, ''),
  SecretId: (id) => `${id}-*`,
  KeyId: (id) => (id.startsWith('alias/') ? '*' : id),
  AliasName: (name) => name.replace(/^alias\//, ''),
  FunctionName: (name) => name.replace(/^.*:function:/, '').split(':')[0] ?? name,
};

const leavesMax = 300;

/** The texts among the parameters, by the name of their member in lower case, at any depth up to five. */
function leavesOf({ requestParameters }: TrailRecord): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let left = leavesMax;
  const walk = (name: string, value: unknown, depth: number): void => {
    if (left <= 0 || depth > 5) return;
    if (typeof value === 'string') {
      left--;
      const list = found.get(name);
      if (list) list.push(value);
      else found.set(name, [value]);
    } else if (Array.isArray(value)) for (const item of value) walk(name, item, depth + 1);
    else if (isObject(value)) for (const [key, item] of Object.entries(value)) walk(key.toLowerCase(), item, depth + 1);
  };
  if (requestParameters) walk('', requestParameters, 0);
  return found;
}
