/**
 * Why a request was allowed or refused, for whoever asks afterwards. The questions of the latest requests are kept in
 * memory as they were asked, at no cost, and explained on demand; a denial is explained at once, and its derivation is
 * durable in the journal.
 */
import type { Context } from '../core/context.ts';
import { timeUuid } from '../core/ids.ts';
import { type Explanation, explain, explanationText, type PolicyKind } from '../policy/index.ts';
import type { JournalEntry } from '../store/store.ts';
import type { Question } from './authorize.ts';

export interface Decisions {
  /** All questions of a request, in the order they were asked. */
  keep(requestId: string, account: string, questions: readonly Question[]): void;
  /** Those of one of the latest requests, explained. */
  latest(requestId: string, account: string): readonly object[];
}

/** Few enough to be gone before the collector moves them among what lives long. */
const LATEST_MIN = 128;

type Kept = Map<string, { readonly account: string; readonly questions: readonly Question[] }>;

/** Two generations: when the younger is full, the elder is forgotten as a whole, which costs nothing. */
export function keptDecisions(): Decisions {
  let younger: Kept = new Map();
  let elder: Kept = new Map();
  return {
    keep(requestId, account, questions) {
      if (questions.length === 0) return;
      if (younger.size >= LATEST_MIN) {
        elder = younger;
        younger = new Map();
      }
      younger.set(requestId, { account, questions });
    },
    latest(requestId, account) {
      const found = younger.get(requestId) ?? elder.get(requestId);
      return found?.account === account ? found.questions.map(explained) : [];
    },
  };
}

/** Denials lie in one place whatever their Region: a request id does not tell it. */
export const DECISION_REGION = 'global';

/** The journal entry of a denial: found by its request id. */
export function denialOf(question: Question, ctx: Context): JournalEntry {
  const body = JSON.stringify({ requestID: ctx.requestId, ...explained(question) });
  const { account, now } = ctx;
  return { id: timeUuid(now, ctx), kind: 'decision', account, region: DECISION_REGION, time: now.getTime(), body };
}

const explanations = new WeakMap<Question, Explanation>();

/** Made once, though a denial is both written and sealed. */
function explanationOf(question: Question): Explanation {
  let explanation = explanations.get(question);
  if (!explanation) explanations.set(question, (explanation = explain(question.request, question.policies)));
  return explanation;
}

function explained(question: Question): object {
  const explanation = explanationOf(question);
  const { conditions } = question;
  const { principal, action, resource } = question.request;
  const derivation = explanationText(explanation);
  return { principal, action, resource, verdict: explanation.verdict, conditions, derivation };
}

/** Longer than that, an authorization message is more than DecodeAuthorizationMessage takes. */
const ENCODED_LENGTH_MAX = 10_240;

/**
 * The encoded authorization message that sts:DecodeAuthorizationMessage opens; undefined if it would be too long.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
export function encodedMessage(question: Question, ctx: Context): string | undefined {
  const message = JSON.stringify(decodedMessage(question, ctx));
  const sealed = ctx.secrets.seal('authorization-message', message, ctx.random(12));
  return sealed.length > ENCODED_LENGTH_MAX ? undefined : sealed;
}

function decodedMessage(question: Question, ctx: Context): object {
  const explanation = explanationOf(question);
  const { request, conditions } = question;
  const { caller } = ctx;
  return {
    allowed: explanation.verdict === 'Allowed',
    explicitDeny: explanation.verdict === 'ExplicitlyDenied',
    matchedStatements: { items: matchedStatements(explanation, caller.userId) },
    failures: { items: [] },
    context: {
      principal: { id: caller.userId, name: caller.userName ?? caller.session?.name, arn: caller.arn },
      action: request.action,
      resource: request.resource,
      conditions: {
        items: Object.entries(conditions)
          .filter(([, value]) => value !== undefined)
          .map(([key, value]) => ({ key, values: valuesOf([value].flat()) })),
      },
    },
    requestId: ctx.requestId,
  };
}

const valuesOf = (values: readonly (string | undefined)[]) => ({ items: values.map((value) => ({ value })) });

/** The names of DecodeAuthorizationMessage for kinds of policies. */
const SOURCE_TYPES: Readonly<Partial<Record<PolicyKind, string>>> = {
  identity: 'IAM Policy',
  boundary: 'IAM Permissions Boundary',
  session: 'Session Policy',
  scp: 'Service Control Policy',
  rcp: 'Resource Control Policy',
};

/** The Deny statements that apply. */
function matchedStatements({ layers, request }: Explanation, sourceId: string): object[] {
  return layers.flatMap(({ kind, applies, policies }) =>
    policies.flatMap(({ name, statements }) =>
      statements
        .filter((statement) => applies && statement.applies && statement.effect === 'Deny')
        .map(({ sid, effect, elements, conditions }) => {
          const of = (element: string) => valuesOf(elements.find((e) => e.element === element)?.wanted ?? []);
          return {
            statementId: sid ?? '',
            effect: effect.toUpperCase(),
            principals: { items: [{ value: request.principal.arn ?? sourceId }] },
            principalGroups: { items: [] },
            actions: of('Action'),
            resources: of('Resource'),
            conditions: {
              items: conditions.map(({ key, wanted }) => ({ key, values: valuesOf(wanted) })),
            },
            sourcePolicyId: name,
            sourcePolicyType: SOURCE_TYPES[kind] ?? 'Resource Policy',
          };
        }),
    ),
  );
}
