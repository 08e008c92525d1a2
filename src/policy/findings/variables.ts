// Policy variables: whether they are written right, and where they work. Source: IAM User Guide, Policy variables.

import { type At, type Entry, entriesOf, itemsOf, type Node, partOf, type Text, textsOf } from './document.ts';
import type { ConditionCheck, Run, StatementCheck } from './run.ts';

const supported = new Set(['Resource', 'NotResource', 'Condition']);

export const variables: StatementCheck = (run, statement) => {
  for (const entry of statement.elements.values()) {
    if (!supported.has(entry.name)) reportUnsupported(run, entry);
  }
  const values = statement.conditions.flatMap(({ values: each }) => each);
  for (const text of [...statement.resource, ...statement.notResource, ...values]) checkText(run, text);
};

export const variableOperators: ConditionCheck = ({ policy, report }, { operator, values }) => {
  if (!policy.variables || operator.family === 'String' || operator.family === 'Arn') return;
  for (const text of values) {
    const [first] = variablesOf(text);
    if (first && !first.isEscape) report('INVALID_VARIABLE_FOR_OPERATOR', {}, first.at);
  }
};

function reportUnsupported({ policy, report }: Run, { value }: Entry): void {
  if (!policy.variables) return;
  for (const text of allTexts(value)) {
    for (const { at, isEscape, whole } of variablesOf(text)) {
      if (!isEscape) report('VARIABLE_UNSUPPORTED_IN_ELEMENT', { variable: whole }, at);
    }
  }
}

/** The texts of an element that is a text, a list of texts or a map of such. */
function allTexts(value: Node): readonly Text[] {
  return [...textsOf(value), ...itemsOf(value).flatMap((item) => entriesOf(item).flatMap((e) => textsOf(e.value)))];
}

function checkText({ policy, report }: Run, text: Text): void {
  for (const variable of variablesOf(text)) {
    if (variable.isEscape) continue;
    if (!policy.variables) {
      report('VARIABLE_UNSUPPORTED_IN_VERSION', {}, variable.at);
      return;
    }
    const code = faultOf(variable);
    if (code) report(code, {}, variable.at);
  }
}

export interface Variable {
  readonly at: At;
  /** With its braces. */
  readonly whole: string;
  readonly inside: string;
  readonly closed: boolean;
  /** `${*}`, `${?}` or `${$}`: the character itself. */
  readonly isEscape: boolean;
}

function faultOf({ inside, closed }: Variable) {
  if (!closed) return 'MISSING_BRACE_IN_VARIABLE';
  const comma = inside.indexOf(',');
  const name = comma < 0 ? inside : inside.slice(0, comma);
  if (name.trim() === '') return 'EMPTY_VARIABLE';
  // A space in a tag's key is part of the key, as in ${aws:PrincipalTag/cost center}.
  const [head = ''] = name.split('/', 1);
  if (/\s/.test(head) || /^\s|\s$/.test(name)) return 'UNSUPPORTED_SPACE_IN_VARIABLE';
  if (comma < 0) return undefined;
  const fallback = inside.slice(comma + 1).trim();
  return fallback.length >= 2 && fallback.startsWith("'") && fallback.endsWith("'")
    ? undefined
    : 'MISSING_QUOTE_IN_VARIABLE';
}

export function variablesOf(text: Text): readonly Variable[] {
  const found: Variable[] = [];
  const source = text.text;
  let close = source.indexOf('}');
  for (let open = source.indexOf('${'); open >= 0; ) {
    if (close >= 0 && close < open) close = source.indexOf('}', open);
    const next = source.indexOf('${', open + 2);
    const closed = close >= 0 && (next < 0 || close < next);
    const end = closed ? close + 1 : next < 0 ? source.length : next;
    const inside = source.slice(open + 2, closed ? close : end);
    const isEscape = inside === '*' || inside === '?' || inside === '$';
    found.push({ at: partOf(text, open, end - open), whole: source.slice(open, end), inside, closed, isEscape });
    open = next;
  }
  return found;
}

/** The text without the escapes of wildcards, so that what is left of * and ? are wildcards. */
export function withoutEscapes(text: string): string {
  return text.replaceAll(/\$\{[*?$]\}/g, '');
}
