/**
 * The result as SARIF 2.1.0, so that a code review shows it at the statement that decides.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
import { readFileSync } from 'node:fs';
import { compilePolicy } from '../policy/index.ts';
import { changedFile } from './changes.ts';
import type { DecidedBy } from './judge.ts';
import { messageOf, TITLES } from './report.ts';
import type { Changed, Group, Result } from './summary.ts';

const RULES: Readonly<Record<Changed, { readonly id: string; readonly level: string; readonly text: string }>> = {
  newlyDenied: { id: 'newly-denied', level: 'error', text: 'A call that succeeded would be denied under the change.' },
  newlyAllowed: { id: 'newly-allowed', level: 'warning', text: 'A call that was denied would be allowed.' },
  unknown: { id: 'unknown', level: 'note', text: 'The trail does not tell enough to decide the call.' },
};

/** `changes` as the command line wrote them. */
export function sarifReport(result: Result, changes: readonly string[]): object {
  const files = changes.flatMap((written) => changedFile(written) ?? []);
  const rules = (Object.keys(RULES) as Changed[]).map((outcome) => ({
    id: RULES[outcome].id,
    name: TITLES[outcome].replace(' d', 'D').replace(' a', 'A'),
    shortDescription: { text: RULES[outcome].text },
    defaultConfiguration: { level: RULES[outcome].level },
  }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'gatehouse impact', rules } },
        results: result.groups.map((group) => resultOf(group, files)),
      },
    ],
  };
}

interface ChangedFile {
  readonly file: string;
  readonly name: string;
}

function resultOf(group: Group, files: readonly ChangedFile[]): object {
  const { id, level } = RULES[group.outcome];
  const { example, principal, action, count, first, last } = group;
  const by = [...group.by].sort(([a], [b]) => (a < b ? -1 : 1))[0]?.[1];
  return {
    ruleId: id,
    level,
    message: { text: messageOf(group) },
    locations: locationsOf(by, files),
    relatedLocations: [
      {
        message: { text: `Example record ${example.eventID} of ${example.eventTime}` },
        physicalLocation: { artifactLocation: { uri: uriOf(example.file) } },
      },
    ],
    partialFingerprints: { 'gatehouse/impact/v1': `${id} ${principal} ${action}` },
    properties: { principal, action, count, first, last, example, unknown: [...group.gaps].sort() },
  };
}

function locationsOf(by: DecidedBy | undefined, files: readonly ChangedFile[]): object[] {
  const found = files.find(({ name }) => by?.policy === name || by?.policy?.endsWith(`(${name})`)) ?? files[0];
  if (!found) return [];
  const startLine = by?.statement === undefined ? 1 : lineOf(found.file, by.statement - 1);
  return [{ physicalLocation: { artifactLocation: { uri: uriOf(found.file) }, region: { startLine } } }];
}

/** Line of a statement in a policy's file; 1 when the file has no such statement. */
function lineOf(file: string, index: number): number {
  const text = readFileSync(file, 'utf8');
  const start = compilePolicy(text.replace(/^\ufeff/, '')).body.document.statements[index]?.start ?? 0;
  return text.slice(0, start).split('\n').length;
}

const uriOf = (file: string) => file.split('/').map(encodeURIComponent).join('/');
