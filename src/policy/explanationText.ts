// An explanation as text for a terminal: the question, each layer with its statements and what kept each from
// applying, the steps to the verdict.

import type {
  ConditionExplanation,
  ElementExplanation,
  Explanation,
  LayerExplanation,
  StatementExplanation,
} from './explain.ts';

const listMax = 4;
const statementsMax = 50;

/** The derivation, lines joined by newlines, without a newline at the end. */
export function explanationText(explanation: Explanation): string {
  const { request, verdict, reason } = explanation;
  const { principal } = request;
  const lines = [
    reason ? `${verdict}: ${clean(reason)}` : verdict,
    `  principal  ${principal.type} ${clean(principal.arn ?? principal.service ?? '')}`.trimEnd(),
    `  action     ${clean(request.action)}`,
    `  resource   ${clean(request.resource)}`,
    `  accounts   principal ${request.principalAccount ?? 'none'}, resource ${request.resourceAccount ?? 'none'}`,
  ];
  for (const layer of explanation.layers) pushLayer(lines, layer);
  lines.push('Why');
  explanation.steps.forEach((step, i) => {
    lines.push(`  ${i + 1}. ${clean(step)}`);
  });
  return lines.join('\n');
}

const outcomes = { Allow: 'allows', Deny: 'DENIES', None: 'does not allow' } as const;

function pushLayer(lines: string[], layer: LayerExplanation): void {
  lines.push(`${layer.title}: ${layer.applies ? outcomes[layer.result] : `not asked (${layer.note})`}`);
  if (!layer.applies) return;
  if (layer.policies.length === 0) lines.push('  no policy');
  for (const policy of layer.policies) {
    const level = policy.statements.length === 0 && policy.result === 'Allow' ? `, ${policy.level}` : '';
    lines.push(`  ${clean(policy.name ?? 'policy')}: ${outcomes[policy.result]}${level}`);
    for (const statement of policy.statements.slice(0, statementsMax)) pushStatement(lines, statement);
    const more = policy.statements.length - statementsMax;
    if (more > 0) lines.push(`    … and ${more} more statements`);
  }
}

function pushStatement(lines: string[], statement: StatementExplanation): void {
  const sid = statement.sid ? ` ${clean(statement.sid)}` : '';
  const level = statement.applies && statement.level ? ` (principal: ${statement.level})` : '';
  const applies = statement.applies ? 'applies' : 'does not apply';
  lines.push(
    `    ${statement.applies ? '+' : '-'} ${statement.index + 1}${sid} ${statement.effect} ${applies}${level}`,
  );
  if (statement.applies) return;
  for (const element of statement.elements) if (!element.matched) lines.push(`        ${elementText(element)}`);
  for (const condition of statement.conditions)
    if (!condition.matched) lines.push(`        ${conditionText(condition)}`);
}

function elementText(element: ElementExplanation): string {
  const verb = element.element.startsWith('Not') ? 'excepts' : 'does not mean';
  return `${element.element} ${listText(element.wanted)} ${verb} ${clean(element.found)}`;
}

function conditionText(condition: ConditionExplanation): string {
  const { found } = condition;
  const has =
    found === undefined
      ? 'the request has no such key'
      : `found ${listText(typeof found === 'string' ? [found] : found)}`;
  return `${clean(condition.operator)} ${clean(condition.key)} wanted ${listText(condition.wanted)}: ${has}`;
}

function listText(list: readonly string[]): string {
  const shown = list.slice(0, listMax).map((text) => JSON.stringify(clean(text)));
  if (list.length > listMax) shown.push(`… ${list.length - listMax} more`);
  return shown.length === 1 ? (shown[0] ?? '') : `[${shown.join(', ')}]`;
}

/** Text of strangers without what would move a terminal's cursor, and not longer than a line or two. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
  return plain.length > 300 ? `${plain.slice(0, 299)}…` : plain;
}
