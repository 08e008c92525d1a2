// The documented checks, as data: checks.json has a row for each with its type, title and AWS's sentences. A check with
// several sentences reports one of them. Source: IAM User Guide, IAM policy validation check reference.

import rows from './checks.json' with { type: 'json' };
import type { Location } from './document.ts';

export type FindingType = 'ERROR' | 'SECURITY_WARNING' | 'SUGGESTION' | 'WARNING';
export type IssueCode = keyof typeof rows;

/** A finding as ValidatePolicy answers it. */
export interface Finding {
  readonly findingDetails: string;
  readonly findingType: FindingType;
  readonly issueCode: IssueCode;
  readonly learnMoreLink: string;
  readonly locations: readonly Location[];
}

export interface Check {
  readonly type: FindingType;
  readonly title: string;
  readonly details: readonly string[];
}

/** What a sentence's `{{name}}` placeholders stand for. */
export type Values = Readonly<Record<string, string | number>>;

export const checks = rows as Readonly<Record<IssueCode, Check>>;

/** A finding of this check; `sentence` picks one of its sentences. */
export function findingOf(code: IssueCode, values: Values, locations: readonly Location[], sentence = 0): Finding {
  const { type, details } = checks[code];
  return {
    findingDetails: filled(details[sentence] ?? '', values),
    findingType: type,
    issueCode: code,
    learnMoreLink: learnMoreLink(code),
    locations,
  };
}

const page = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html';
const kinds: Readonly<Record<FindingType, string>> = {
  ERROR: 'error',
  SECURITY_WARNING: 'security-warning',
  SUGGESTION: 'suggestion',
  WARNING: 'general-warning',
};

/** The check's paragraph in AWS's reference. */
export function learnMoreLink(code: IssueCode): string {
  const { type, title } = checks[code];
  return `${page}#access-analyzer-reference-policy-checks-${kinds[type]}-${title.toLowerCase().replaceAll(' ', '-')}`;
}

/** Values are cut: a sentence stays a sentence, whatever a policy holds. */
const valueLengthMax = 2048;

function filled(sentence: string, values: Values): string {
  return sentence.replace(/\{\{([\w/-]+)\}\}/g, (_, name: string) => {
    const text = String(values[name] ?? '');
    return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax)}…` : text;
  });
}
