// gatehouse policy test FILE…: runs policy cases kept as files and says which fail, with the derivation. Made for
// CI: the exit code is 0 when all pass, 1 when one fails, 2 when the command or a file cannot be read.

import { readFileSync } from 'node:fs';
import { decide, explain, explanationText, PolicyCaseError, readPolicyCase } from '../policy/index.ts';
import { parsed, told, UsageError } from './plane.ts';

const usage = `Usage: npx gatehouse policy test [--json] FILE…

Runs policy cases. A FILE is a JSON list of cases or one case: a request, all the policies that bear on it, and
the expected verdict (Allowed, ExplicitlyDenied or ImplicitlyDenied). The context of a case is complete: a key
that is not there is absent from the request.

  --json   one JSON object with every case's verdict and, where it failed, the derivation
  --help   this text

exit code: 0 all pass, 1 a case fails, 2 wrong usage or a file or case that cannot be read`;

interface Result {
  readonly file: string;
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  readonly verdict: string;
  readonly passed: boolean;
  readonly derivation?: string;
}

interface Report {
  readonly results: Result[];
  readonly errors: string[];
}

/** `gatehouse policy test …` and, in files of their own, `validate` and `check`. */
export async function policy([name, ...args]: readonly string[], out: (line: string) => void): Promise<number> {
  if (name === 'test') return policyTest(args, out);
  if (name === 'check') return (await import('./policyCheck.ts')).policyCheck(args, out);
  if (name === 'validate') return (await import('./validate.ts')).policyValidate(args, out);
  return told(async () => {
    if (name !== '--help' && name !== '-h') throw new UsageError('policy takes test, validate or check; see --help.');
    print(`${usage}\n\nSee also: gatehouse policy validate --help, gatehouse policy check --help`, out);
    return 0;
  });
}

/** Runs `policy test` with the arguments behind it; `out` takes one line at a time. Returns the exit code. */
export function policyTest(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals: files } = parsed({ args: [...args], options, allowPositionals: true });
    if (values.help) {
      print(usage, out);
      return 0;
    }
    if (files.length === 0) throw new UsageError('policy test takes files; see --help.');
    const report: Report = { results: [], errors: [] };
    for (const file of files) runFile(file, report);
    if (values.json) printJson(report, out);
    else printText(report, out);
    if (report.errors.length > 0) return 2;
    return report.results.every((result) => result.passed) ? 0 : 1;
  });
}

function runFile(file: string, report: Report): void {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    report.errors.push(`${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  const cases: readonly unknown[] = Array.isArray(content) ? content : [content];
  cases.forEach((value, index) => {
    try {
      report.results.push(runCase(file, value));
    } catch (error) {
      if (!(error instanceof PolicyCaseError)) throw error;
      report.errors.push(`${file}: case ${index + 1}${idOf(value)}: ${error.message}`);
    }
  });
}

function runCase(file: string, value: unknown): Result {
  const { id, title, request, policies, expected } = readPolicyCase(value);
  const { verdict } = decide(request, policies);
  const result = { file, id, title, expected, verdict, passed: verdict === expected };
  return result.passed ? result : { ...result, derivation: explanationText(explain(request, policies)) };
}

function idOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? ` (${id})` : '';
}

function printText(report: Report, out: (line: string) => void): void {
  for (const error of report.errors) out(`ERROR ${error}`);
  for (const result of report.results) {
    if (result.passed) continue;
    const name = [result.id, result.title].filter((text) => text !== '').join(': ') || 'case';
    out(`FAIL ${result.file}: ${name}: expected ${result.expected}, got ${result.verdict}`);
    print(result.derivation ?? '', (line) => out(`    ${line}`));
  }
  const { passed, failed } = countsOf(report);
  out(`${passed} passed, ${failed} failed`);
}

function printJson(report: Report, out: (line: string) => void): void {
  print(JSON.stringify({ ...countsOf(report), errors: report.errors, cases: report.results }, null, 2), out);
}

function countsOf(report: Report): { passed: number; failed: number } {
  const passed = report.results.filter((result) => result.passed).length;
  return { passed, failed: report.results.length - passed };
}

function print(text: string, out: (line: string) => void): void {
  for (const line of text.split('\n')) out(line);
}
