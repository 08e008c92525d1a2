// gatehouse policy validate FILE…: the findings of IAM Access Analyzer's policy validation, without a plane. A line a
// finding as compilers print them; JSON as the API answers; SARIF for code scanning.

import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as facts from '../core/facts.ts';
import {
  checks,
  type Finding,
  type FindingType,
  findingsOf,
  type IssueCode,
  type PolicyType,
  type ResourceType,
} from '../policy/findings/index.ts';
import { parsed, told, UsageError } from './plane.ts';

const usage = `Usage: npx gatehouse policy validate [--type TYPE] [--resource-type T] [--fail-on LEVEL] [--json|--sarif] FILE…

Checks policy documents as IAM Access Analyzer does and prints a line a finding: FILE:LINE:COLUMN TYPE CODE message.

  --type TYPE         identity (default), resource, scp or rcp
  --resource-type T   what a resource policy is attached to: AWS::S3::Bucket, AWS::S3::AccessPoint,
                      AWS::S3::MultiRegionAccessPoint, AWS::S3ObjectLambda::AccessPoint, AWS::DynamoDB::Table or
                      AWS::IAM::AssumeRolePolicyDocument (a role's trust policy)
  --fail-on LEVEL     least finding that fails: error (default), security-warning, warning, suggestion, or none
  --json              one JSON object with the findings of every file, as ValidatePolicy answers them
  --sarif             a SARIF 2.1.0 log
  --help              this text

exit code: 0 nothing to fail on, 1 a finding fails, 2 wrong usage or a file that cannot be read`;

const policyTypes: Readonly<Record<string, PolicyType>> = {
  identity: 'IDENTITY_POLICY',
  resource: 'RESOURCE_POLICY',
  scp: 'SERVICE_CONTROL_POLICY',
  rcp: 'RESOURCE_CONTROL_POLICY',
};

const resourceTypes: readonly ResourceType[] = [
  'AWS::DynamoDB::Table',
  'AWS::IAM::AssumeRolePolicyDocument',
  'AWS::S3::AccessPoint',
  'AWS::S3::Bucket',
  'AWS::S3::MultiRegionAccessPoint',
  'AWS::S3ObjectLambda::AccessPoint',
];

/** Worst first. */
const levels: readonly FindingType[] = ['ERROR', 'SECURITY_WARNING', 'WARNING', 'SUGGESTION'];

interface Options {
  readonly policyType: PolicyType;
  readonly resourceType: ResourceType | undefined;
  /** Types of findings that fail. */
  readonly failing: readonly FindingType[];
  readonly print: (results: readonly Result[], out: Out) => void;
  readonly files: readonly string[];
}

interface Result {
  readonly file: string;
  readonly findings: readonly Finding[];
}

type Out = (line: string) => void;

/** Runs `policy validate` with the arguments behind it. Returns the exit code. */
export function policyValidate(args: readonly string[], out: Out): Promise<number> {
  return told(async () => {
    if (args.includes('--help') || args.includes('-h')) {
      out(usage);
      return 0;
    }
    const options = optionsOf(args);
    const results = options.files.map((file) => ({ file, findings: findingsOf(textIn(file), options, facts) }));
    options.print(results, out);
    const failed = results.some(({ findings }) =>
      findings.some(({ findingType }) => options.failing.includes(findingType)),
    );
    return failed ? 1 : 0;
  });
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

const known = {
  type: { type: 'string' },
  'resource-type': { type: 'string' },
  'fail-on': { type: 'string', default: 'error' },
  json: { type: 'boolean', default: false },
  sarif: { type: 'boolean', default: false },
} as const;

/** Throws UsageError on arguments that mean nothing. */
function optionsOf(args: readonly string[]): Options {
  const { values, positionals: files } = parsed({ args: [...args], options: known, allowPositionals: true });
  const resourceType = resourceTypes.find((each) => each === values['resource-type']);
  const type = values.type ?? (resourceType ? 'resource' : 'identity');
  const policyType = Object.hasOwn(policyTypes, type) ? policyTypes[type] : undefined;
  const least = levels.indexOf(values['fail-on'].toUpperCase().replaceAll('-', '_') as FindingType);
  const wrong = (what: string) => new UsageError(`policy validate: ${what}; see --help.`);
  if (!policyType) throw wrong(`unknown type ${type}`);
  if (values['resource-type'] !== undefined && !resourceType) throw wrong(`unknown type ${values['resource-type']}`);
  if (resourceType && policyType !== 'RESOURCE_POLICY') throw wrong('--resource-type is for resource policies');
  if (least < 0 && values['fail-on'] !== 'none') throw wrong(`unknown level ${values['fail-on']}`);
  if (values.json && values.sarif) throw wrong('--json or --sarif, not both');
  if (files.length === 0) throw wrong('no file given');
  const print = values.json ? printJson : values.sarif ? printSarif : printLines;
  return { policyType, resourceType, failing: levels.slice(0, least + 1), print, files };
}

function printLines(results: readonly Result[], out: Out): void {
  for (const { file, findings } of results) {
    for (const { findingType, issueCode, findingDetails, locations } of findings) {
      const { line, column } = locations[0]?.span.start ?? { line: 1, column: 0 };
      out(visible(`${file}:${line}:${column + 1} ${findingType} ${issueCode} ${findingDetails}`));
    }
  }
}

/** A policy's own text may hold what moves a terminal's cursor. */
function visible(line: string): string {
  return line.replace(/\p{C}/gu, (character) => {
    return `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`;
  });
}

function printJson(results: readonly Result[], out: Out): void {
  const all = results.flatMap(({ findings }) => findings);
  const counts = levels.map((level) => [level, all.filter(({ findingType }) => findingType === level).length]);
  out(JSON.stringify({ counts: Object.fromEntries(counts), files: results }, null, 2));
}

const sarifLevels: Readonly<Record<FindingType, string>> = {
  ERROR: 'error',
  SECURITY_WARNING: 'warning',
  WARNING: 'warning',
  SUGGESTION: 'note',
};

/** https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
function printSarif(results: readonly Result[], out: Out): void {
  const all = results.flatMap(({ file, findings }) => findings.map((finding) => ({ file, finding })));
  const links = new Map(all.map(({ finding }) => [finding.issueCode, finding.learnMoreLink]));
  const codes = [...links.keys()];
  const driver = { name: 'gatehouse policy validate', rules: codes.map((code) => ruleOf(code, links.get(code))) };
  const run = {
    tool: { driver },
    columnKind: 'utf16CodeUnits',
    results: all.map(({ file, finding }) => resultOf(file, finding, codes)),
  };
  out(
    JSON.stringify(
      { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] },
      null,
      2,
    ),
  );
}

function ruleOf(id: IssueCode, helpUri: string | undefined) {
  const { title, type } = checks[id];
  return {
    id,
    shortDescription: { text: title },
    helpUri,
    defaultConfiguration: { level: sarifLevels[type] },
    properties: { tags: [type] },
  };
}

function resultOf(file: string, { issueCode, findingType, findingDetails, locations }: Finding, codes: IssueCode[]) {
  const uri = isAbsolute(file) ? pathToFileURL(file).href : encodeURI(file.replaceAll('\\', '/'));
  const places = locations.map(({ span: { start, end } }) => ({
    physicalLocation: {
      artifactLocation: { uri },
      region: {
        ...{ startLine: start.line, startColumn: start.column + 1, endLine: end.line, endColumn: end.column + 1 },
        ...{ charOffset: start.offset, charLength: end.offset - start.offset },
      },
    },
  }));
  return {
    ruleId: issueCode,
    ruleIndex: codes.indexOf(issueCode),
    level: sarifLevels[findingType],
    message: { text: findingDetails },
    locations: places.slice(0, 1),
    relatedLocations: places.slice(1),
  };
}
