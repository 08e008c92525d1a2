// Principals as texts, so that sets of them are sets of patterns like everything else:
//
//   anonymous                                             nobody in particular
//   service:lambda.amazonaws.com                          an AWS service
//   federated:arn:aws:iam::111122223333:saml-provider/P   a web identity or SAML provider
//   aws:arn:aws:iam::111122223333:user/alice              a user, a root user, a federated user
//   aws:arn:aws:iam::111122223333:role/App#session        a session of a role
//   canonical:79a59df9…, id:AIDAEXAMPLE                   somebody known by that id only
//
// Condition keys that only say who calls (aws:PrincipalArn, aws:PrincipalAccount, …) are demands on the same text.

import type { PrincipalElement } from '../document.ts';
import { accountNamed } from '../principals.ts';
import { fitsConstraint } from './automata.ts';
import { classes, everything, type Glob, isSymbol, narrowed, type OpenGlob, oneOf, starOf, textGlob } from './globs.ts';
import type { KeyDemand } from './literals.ts';
import { type Clause, clauseOf } from './strings.ts';

const rest = starOf(classes.any);
const field = starOf(classes.notColon);
const text = (...parts: (string | number)[]): Glob =>
  parts.flatMap((part) => (typeof part === 'string' ? textGlob(part) : [part]));
const digits = Array.from({ length: 12 }, () => oneOf(classes.digit));
const name = [oneOf(classes.notHash), starOf(classes.notHash)];
const someone = text(oneOf(classes.any), rest);

export const kinds = {
  anonymous: text('anonymous'),
  service: text('service:', rest),
  federated: text('federated:', rest),
  aws: text('aws:', rest),
  canonical: text('canonical:', rest),
  id: text('id:', rest),
} as const;

/** All principals there can be: those of some shape, and those that the policies name. */
export function principalUniverse(elements: readonly PrincipalElement[]): Clause {
  const iam = (...parts: (string | number)[]) => text('aws:arn:aws', field, ':iam::', ...digits, ...parts);
  const odd = elements.flatMap(({ AWS, CanonicalUser }) => [
    ...AWS.filter((one) => one.startsWith('arn:') && !/:(role|assumed-role)\//.test(one)).map((one) =>
      text(`aws:${one}`),
    ),
    ...AWS.filter(isId).map((one) => text(`id:${one}`)),
    ...CanonicalUser.map((one) => text(`canonical:${one}`)),
  ]);
  return clauseOf([
    kinds.anonymous,
    [...text('service:'), ...someone],
    [...text('federated:'), ...someone],
    iam(':user/', ...name),
    iam(':role/', ...name, '#', ...name),
    iam(':root'),
    text('aws:arn:aws', field, ':sts::', ...digits, ':federated-user/', ...name),
    ...odd,
  ]);
}

const isId = (one: string) => /^A[A-Z]{3}[A-Z0-9]+(:|$)/.test(one);

/** The roles that the policies name. */
export function rolesIn(elements: readonly PrincipalElement[]): readonly string[] {
  return elements.flatMap(({ AWS }) => AWS.filter((one) => /^arn:[^:]+:iam::[0-9]{12}:role\//.test(one)));
}

/** The patterns of a Principal element. `roles`: those that the policies name, for the paths that sessions lack. */
export function principalGlobs(element: PrincipalElement, roles: readonly string[]): readonly Glob[] {
  if (element.any) return [everything];
  return [
    ...element.AWS.flatMap((one) => awsGlobs(one, roles)),
    ...element.Service.map((one) => (one === '*' ? kinds.service : text(`service:${one}`))),
    ...element.Federated.map((one) => (one === '*' ? kinds.federated : text(`federated:${one}`))),
    ...element.CanonicalUser.map((one) => text(`canonical:${one}`)),
  ];
}

export function accountGlob(account: Glob): Glob {
  return text('aws:arn:', field, ':', field, '::', ...account, ':', rest);
}

function awsGlobs(one: string, roles: readonly string[]): readonly Glob[] {
  const account = accountNamed(one);
  if (account) return [accountGlob(textGlob(account))];
  if (isId(one)) return [text(`id:${one}`)];
  const session = /^arn:([^:]+):sts::([0-9]{12}):assumed-role\/([^/]+)\/(.+)$/.exec(one);
  if (session) {
    const [, partition, owner, role, called] = session;
    const head = `aws:arn:${partition}:iam::${owner}:role/`;
    // Role names are unique within an account: a role of that name that is named elsewhere is the one.
    const known = roles.filter((arn) => `aws:${arn}`.startsWith(head) && arn.endsWith(`/${role}`));
    if (known.length > 0) return known.map((arn) => text(`aws:${arn}#${called}`));
    return [text(`${head}${role}#${called}`), text(head, starOf(classes.notHash), `/${role}#${called}`)];
  }
  return one.includes(':role/') ? roleGlobs(one) : [text(`aws:${one}`)];
}

const roleGlobs = (arn: string): readonly Glob[] => [text(`aws:${arn}#`, starOf(classes.notHash))];

/**
 * Those whom a NotPrincipal element excepts. Each link of the chain of account, role and session must be listed; an
 * account listed with nobody of it stands for all of it.
 */
export function exceptedGlobs(element: PrincipalElement): readonly Glob[] {
  if (element.any) return [everything];
  const named = element.AWS.filter((one) => !accountNamed(one));
  const globs = [
    ...element.Service.map((one) => text(`service:${one}`)),
    ...element.Federated.map((one) => text(`federated:${one}`)),
  ];
  for (const account of new Set(element.AWS.map(accountNamed).filter((one) => one !== undefined))) {
    const inAccount = named.filter((one) => one.split(':')[4] === account);
    if (inAccount.length === 0 && !named.some(isId)) {
      globs.push(accountGlob(textGlob(account)));
      continue;
    }
    globs.push(text('aws:arn:', field, `:iam::${account}:root`));
    for (const one of inAccount) {
      const role = one.slice(one.lastIndexOf('/') + 1);
      const sessions = inAccount.filter((other) => other.includes(`:assumed-role/${role}/`));
      if (!one.includes(':role/')) globs.push(...(one.includes(':assumed-role/') ? [] : [text(`aws:${one}`)]));
      else if (sessions.length === 0) globs.push(...roleGlobs(one));
      else globs.push(...sessions.map((other) => text(`aws:${one}#${other.slice(other.lastIndexOf('/') + 1)}`)));
    }
  }
  return globs;
}

interface CallerKey {
  /** The principals whose value of the key fits a pattern. */
  readonly lift: (glob: Glob) => readonly Glob[];
  /** Those who have no value. */
  readonly without: readonly Glob[];
  /** Those of whom it is not known. */
  readonly unknown: readonly Glob[];
}

const byId = [kinds.canonical, kinds.id];
const noAccount = [kinds.anonymous, kinds.service, kinds.federated];
const account: CallerKey = {
  lift: (glob) => [accountGlob(narrowed(glob, classes.notColon))],
  without: noAccount,
  unknown: byId,
};

const callerKeys: Readonly<Record<string, CallerKey>> = {
  'aws:principalaccount': account,
  'kms:calleraccount': account,
  'aws:principalarn': {
    lift: (glob) => {
      const arn = [...textGlob('aws:'), ...narrowed(glob, classes.notHash)];
      return [arn, text(...arn, '#', starOf(classes.notHash))];
    },
    without: noAccount,
    unknown: byId,
  },
  'aws:principalservicename': {
    lift: (glob) => [text('service:', ...glob)],
    without: [kinds.anonymous, kinds.aws, kinds.federated, ...byId],
    unknown: [],
  },
  'aws:principalisawsservice': {
    lift: (glob) => [
      ...(fits('true', glob) ? [kinds.service] : []),
      ...(fits('false', glob) ? [kinds.aws, kinds.federated, ...byId] : []),
    ],
    without: [kinds.anonymous],
    unknown: [],
  },
};

const fits = (value: string, glob: Glob) =>
  fitsConstraint(value, { globs: [glob], negated: false }, { steps: 1e6, nodes: 0 });

/** A demand on a key that only says who calls, as a clause about principals; undefined for other keys. */
export function callerClause(key: string, { test, whenAbsent }: KeyDemand): Clause | undefined {
  const caller = Object.hasOwn(callerKeys, key) ? callerKeys[key] : undefined;
  if (!caller || 'ordered' in test) return undefined;
  const clause = 'clause' in test ? test.clause : clauseOf([everything], !test.always);
  if (clause.open.some(({ symbols }) => symbols.some(isSymbol)) && key === 'aws:principalisawsservice')
    return undefined;
  const { negated, globs, open, rough } = clause;
  const lifted = (list: readonly Glob[]) => list.flatMap(caller.lift);
  return {
    negated,
    globs: [...lifted(globs), ...(whenAbsent !== negated ? caller.without : [])],
    open: open.flatMap((glob) => liftedOpen(glob, caller.lift)),
    rough: [...lifted(rough), ...caller.unknown],
  };
}

function liftedOpen({ symbols, over, fold }: OpenGlob, lift: CallerKey['lift']): readonly OpenGlob[] {
  const wide = lift(over);
  return lift(symbols).map((glob, i) => ({ symbols: glob, over: wide[i] ?? glob, fold }));
}
