// gatehouse policy check …: what a policy allows, compared with another one, with a list of access, with the public,
// without a plane. PASS is a proof; FAIL names the statements and shows a request. Made for CI.

import { readFileSync } from 'node:fs';
import { expandActionPattern } from '../core/facts.ts';
import {
  accessFault,
  type CheckResult,
  checkAccessNotGranted,
  checkNoNewAccess,
  checkNoPublicAccess,
  formFault,
  type PolicyType,
  type PublicResourceType,
  resourceTypes,
  type Witness,
} from '../policy/analysis/index.ts';
import { type CompiledPolicy, compilePolicy, PolicySyntaxError } from '../policy/index.ts';
import { parsed, told, UsageError } from './plane.ts';

const usage = `Usage: npx gatehouse policy check no-new-access OLD NEW
       npx gatehouse policy check access-not-granted FILE [--actions ACTION…] [--resources ARN…]
       npx gatehouse policy check no-public-access FILE --resource-type T

Says whether NEW allows any request that OLD does not; whether a policy allows any of the actions on any of the
resources; whether a resource's policy allows the public anything. FAIL names the statements and shows a request
that is allowed; where the policies are too complex to be sure, the answer is FAIL and says "might".

  --actions A,B       actions, with commas or the option repeated; * and ? are wildcards
  --resources A,B     ARNs; wildcards in the resource ID only
  --resource-type T   what the policy is attached to, e.g. AWS::S3::Bucket, AWS::IAM::AssumeRolePolicyDocument
  --type TYPE         identity or resource; else resource when a statement names principals
  --json              one JSON object: result, message, reasons, witness
  --help              this text

exit code: 0 PASS, 1 FAIL, 2 wrong usage or a file that cannot be read`;

type Out = (line: string) => void;

interface Options {
  readonly files: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly resourceType: string | undefined;
  readonly type: string | undefined;
  readonly json: boolean;
}

/** Runs `policy check` with the arguments behind it. Returns the exit code. */
export function policyCheck([name, ...args]: readonly string[], out: Out): Promise<number> {
  return told(async () => {
    if (name === '--help' || name === '-h' || args.includes('--help') || args.includes('-h')) {
      out(usage);
      return 0;
    }
    const check = name !== undefined && Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) throw new UsageError(`policy check takes ${Object.keys(checks).join(', ')}; see --help.`);
    const options = optionsOf(args);
    const result = check(options);
    out(options.json ? JSON.stringify(result, null, 2) : textOf(result));
    return result.result === 'PASS' ? 0 : 1;
  });
}

/** Examples name actions that AWS has. */
const means = { actions: () => expandActionPattern('*') };

const checks: Readonly<Record<string, (options: Options) => CheckResult>> = {
  'no-new-access': (options) => {
    const [existing, updated] = policiesIn(options, 'OLD and NEW', 2);
    const type = typeOf(options, [existing, updated]);
    return checkNoNewAccess(existing.policy, updated.policy, type, means);
  },
  'access-not-granted': (options) => {
    const [file] = policiesIn(options, 'one FILE', 1);
    const fault = accessFault(options);
    if (fault !== undefined) throw new UsageError(fault);
    return checkAccessNotGranted(file.policy, [options], typeOf(options, [file]), means);
  },
  'no-public-access': (options) => {
    const [file] = policiesIn(options, 'one FILE', 1);
    const resourceType = options.resourceType as PublicResourceType;
    if (!resourceTypes.includes(resourceType))
      throw new UsageError(`--resource-type: one of ${resourceTypes.join(', ')}`);
    return checkNoPublicAccess(file.policy, resourceType, means);
  },
};

function optionsOf(args: readonly string[]): Options {
  const list = { type: 'string', multiple: true } as const;
  const text = { type: 'string' } as const;
  const options = {
    actions: list,
    resources: list,
    'resource-type': text,
    type: text,
    json: { type: 'boolean' },
  } as const;
  const { values, positionals } = parsed({ args: [...args], options, allowPositionals: true });
  return {
    files: positionals,
    actions: separated(values.actions),
    resources: separated(values.resources),
    resourceType: values['resource-type'],
    type: values.type,
    json: values.json ?? false,
  };
}

const separated = (values: readonly string[] | undefined) =>
  (values ?? []).flatMap((value) => value.split(',')).filter((value) => value !== '');

interface PolicyFile {
  readonly file: string;
  readonly policy: CompiledPolicy;
}

function policiesIn({ files }: Options, wanted: string, count: 1): readonly [PolicyFile];
function policiesIn({ files }: Options, wanted: string, count: 2): readonly [PolicyFile, PolicyFile];
function policiesIn({ files }: Options, wanted: string, count: number): readonly PolicyFile[] {
  if (files.length !== count) throw new UsageError(`policy check takes ${wanted} here; see --help.`);
  return files.map((file) => {
    try {
      return { file, policy: compilePolicy(readFileSync(file, 'utf8').replace(/^\ufeff/, '')) };
    } catch (error) {
      if (!(error instanceof PolicySyntaxError) && !isFileError(error)) throw error;
      throw new UsageError(`${file}: ${error.message}`);
    }
  });
}

const isFileError = (error: unknown): error is Error => error instanceof Error && 'code' in error;

const types: Readonly<Record<string, PolicyType>> = { identity: 'IDENTITY_POLICY', resource: 'RESOURCE_POLICY' };

/** The type that was given or that the documents show. Throws UsageError where a document is not of it. */
function typeOf({ type }: Options, files: readonly PolicyFile[]): PolicyType {
  const given = type !== undefined && Object.hasOwn(types, type) ? types[type] : undefined;
  if (type !== undefined && !given) throw new UsageError('--type: identity or resource');
  const statements = files.flatMap(({ policy }) => policy.body.document.statements);
  const named = statements.some(({ principal, notPrincipal }) => principal ?? notPrincipal);
  const found = given ?? (named ? 'RESOURCE_POLICY' : 'IDENTITY_POLICY');
  for (const { file, policy } of files) {
    const fault = formFault(policy, found);
    if (fault !== undefined) throw new UsageError(`${file}: ${fault}`);
  }
  return found;
}

function textOf({ result, message, reasons, witness }: CheckResult): string {
  const lines = [`${result} ${message}`, ...reasons.map(({ description }) => `  ${description}`)];
  if (result === 'FAIL') lines.push(...(witness ? witnessLines(witness) : ['  No request was found that shows it.']));
  return lines.join('\n');
}

function witnessLines({ principal, action, resource, context }: Witness): readonly string[] {
  const who = principal.arn ?? principal.service ?? 'an anonymous caller';
  const values = Object.entries(context).map(([key, value]) => `      ${key}: ${[value].flat().join(', ')}`);
  return ['  For example:', `    ${who}`, `    may ${action}`, `    on ${resource}`, '    with', ...values];
}
