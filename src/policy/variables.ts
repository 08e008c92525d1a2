// Policy variables: ${key}, ${key, 'default'} and the escapes ${*} ${?} ${$} (IAM User Guide, Variables and tags).
// Only documents of Version 2012-10-17 have them. A template is compiled once; one without variables is just its
// pattern. What a variable brings in is literal: an asterisk in a tag's value is an asterisk. A variable without
// value and default matches nothing.

import { type Key, keyOf, type RequestContext, textOf } from './context.ts';
import { arnPatternOf, encode, encodeArn, literal, matches, matchesCode, type Pattern, patternOf } from './match.ts';

interface Variable {
  readonly key: Key;
  readonly fallback: string | undefined;
}

/** A pattern that may hold variables; `parts` alternate between coded text and variables. */
export interface Template {
  readonly source: string;
  readonly pattern: Pattern | undefined;
  readonly parts: readonly (string | Variable)[];
}

const escapeNames = new Set(['*', '?', '$']);

/** Compiles a value of a string condition. `wild`: whether * and ? are wildcards in it. */
export function templateOf(source: string, variables: boolean, wild: boolean): Template {
  const coded = wild ? encode : literal;
  if (!variables || !source.includes('${'))
    return { source, pattern: wild ? patternOf(source) : exact(source), parts: [] };
  return { source, pattern: undefined, parts: partsOf(source, coded) };
}

/** Compiles a Resource or NotResource value. Variables count only behind the fifth colon of an ARN. */
export function resourceTemplateOf(source: string, variables: boolean, complete: boolean): Template {
  if (!variables || !source.includes('${')) return { source, pattern: arnPatternOf(source, complete), parts: [] };
  const at = resourceStart(source);
  const head = encodeArn(source.slice(0, at), false);
  return { source, pattern: undefined, parts: [head, ...partsOf(source.slice(at), encode)] };
}

/** True when the text fits the template under this context. */
export function fits(template: Template, text: string, context: RequestContext): boolean {
  if (template.pattern) return matches(template.pattern, text);
  const code = fill(template, context);
  return code !== undefined && matchesCode(code, text);
}

/** The coded pattern with variables filled in; undefined when one has no value. */
export function fill(template: Template, context: RequestContext): string | undefined {
  let code = '';
  for (const part of template.parts) {
    if (typeof part === 'string') {
      code += part;
      continue;
    }
    const value = textOf(context, part.key) ?? part.fallback;
    if (value === undefined) return undefined;
    code += literal(value);
  }
  return code;
}

function exact(source: string): Pattern {
  return { source, mode: 'exact', code: source };
}

function resourceStart(source: string): number {
  if (!source.startsWith('arn:')) return 0;
  let at = 0;
  for (let colons = 0; colons < 5; colons++) {
    const next = source.indexOf(':', at);
    if (next < 0) return source.length;
    at = next + 1;
  }
  return at;
}

function partsOf(source: string, coded: (text: string) => string): (string | Variable)[] {
  const parts: (string | Variable)[] = [];
  let from = 0;
  for (;;) {
    const open = source.indexOf('${', from);
    const close = open < 0 ? -1 : source.indexOf('}', open);
    if (close < 0) break;
    parts.push(coded(source.slice(from, open)));
    parts.push(variableOf(source.slice(open + 2, close)));
    from = close + 1;
  }
  parts.push(coded(source.slice(from)));
  return parts;
}

function variableOf(inside: string): string | Variable {
  if (escapeNames.has(inside)) return inside;
  const comma = inside.indexOf(',');
  if (comma < 0) return { key: keyOf(inside.trim()), fallback: undefined };
  const quoted = inside.slice(comma + 1).trim();
  const whole = quoted.length >= 2 && quoted.startsWith("'") && quoted.endsWith("'");
  return { key: keyOf(inside.slice(0, comma).trim()), fallback: whole ? quoted.slice(1, -1) : undefined };
}
