// Actions: whether there is such a service, such an action, and whether one makes another superfluous.

import { matchesPattern } from '../match.ts';
import { partOf, type Text } from './document.ts';
import type { Facts } from './facts.ts';
import { patternSet } from './globs.ts';
import { isWild, prefixOf, type Run, type StatementCheck } from './run.ts';
import { suggestedAction, suggestedService } from './suggestions.ts';

export const actions: StatementCheck = (run, { action, notAction }) => {
  for (const text of [...action, ...notAction]) checkAction(run, text);
};

function checkAction(run: Run, action: Text): void {
  const { facts, report } = run;
  const { text } = action;
  if (text === '*' || text.includes('${')) return;
  const prefix = prefixOf(text);
  if (isWild(prefix)) {
    report('WILDCARD_IN_SERVICE_NAME', {}, partOf(action, 0, prefix.length));
    return;
  }
  if (prefix !== '' && facts.serviceName(prefix) === undefined) {
    const service2 = run.spend(20_000) ? suggestedService(facts, prefix) : undefined;
    report('INVALID_SERVICE_IN_ACTION', { service: text, service2: service2 ?? '' }, action, service2 ? 1 : 0);
    return;
  }
  if (prefix !== '' && actionExists(run, prefix, text.slice(prefix.length + 1))) return;
  const mayAsk = prefix !== '' && text.length < 128 && run.spend(500_000);
  const valid = mayAsk ? suggestedAction(facts, prefix, text.slice(prefix.length + 1)) : undefined;
  report('INVALID_ACTION', { action: text, valid_action: valid ?? '' }, action, valid ? 1 : 0);
}

/** A pattern exists when it means some action. */
export function actionExists({ facts, spend }: Pick<Run, 'facts' | 'spend'>, prefix: string, name: string): boolean {
  if (!isWild(name)) return facts.actionFact(prefix, name) !== undefined;
  if (/^\*+$/.test(name)) return true;
  if (name.length > 128 && name.replaceAll('*', '').length > 128) return false;
  const pattern = name.toLowerCase();
  const candidates = namesOf(facts, prefix);
  if (!spend(candidates.length * 4)) return true;
  return candidates.some((each) => matchesPattern(pattern, each));
}

const namesByFacts = new WeakMap<Facts, Map<string, readonly string[]>>();

/** Names of a service's actions in lower case. Kept: facts do not change. */
function namesOf(facts: Facts, prefix: string): readonly string[] {
  let services = namesByFacts.get(facts);
  if (!services) namesByFacts.set(facts, (services = new Map()));
  let names = services.get(prefix);
  if (!names) services.set(prefix, (names = facts.actionsOf(prefix).map(({ name }) => name.toLowerCase())));
  return names;
}

export const redundantActions: StatementCheck = ({ report }, { action, notAction }) => {
  for (const list of [action, notAction]) {
    const redundant = redundantOf(list, (text) => text.toLowerCase());
    const [first] = redundant;
    if (!first) continue;
    const values = { redundantActionCount: redundant.length, redundantAction: first.text };
    report('REDUNDANT_ACTION', values, redundant);
  }
};

export const redundantResources: StatementCheck = ({ report }, { resource, notResource }) => {
  for (const list of [resource, notResource]) {
    const redundant = redundantOf(list, (text) => text);
    if (redundant.length === 0) continue;
    report('REDUNDANT_RESOURCE', { redundantResourceCount: redundant.length }, redundant);
  }
};

function redundantOf(list: readonly Text[], normal: (text: string) => string): readonly Text[] {
  if (list.length < 2) return [];
  const patterns = list.map(({ text }) => normal(text));
  const set = patternSet(patterns);
  return list.filter((_, index) => set.covering(patterns[index] ?? '', index) !== undefined);
}
