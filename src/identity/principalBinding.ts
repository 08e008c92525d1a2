/**
 * Principals in resource-based policies, bound to who they are and not to what they are called.
 *
 * When a policy is saved, the ARN of a user or role becomes its unique id; when the policy is shown, the id becomes
 * the ARN again. So a principal that is deleted and made anew under the same name is not trusted: what is shown then is
 * the old id, as in AWS. Everything else of the document keeps its bytes. Principals of accounts that are not on this
 * plane stay as they were written: nobody here can say who they are.
 *
 * Source: IAM User Guide, JSON policy elements: Principal.
 */
import { type Json, PolicySyntaxError, readJson } from '../policy/json.ts';
import type { Transaction } from '../store/store.ts';
import { accounts } from './organization.ts';
import { byName, roleArn, roles, userArn, users } from './principals.ts';
import { samlProviders } from './providers.ts';

/** A principal that does not exist, or a sentence about one that cannot be. */
export class InvalidPrincipal {
  /** AWS's sentence, the message of MalformedPolicyDocument. */
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** The document to keep. It must already be valid JSON with well-formed Principal elements. */
export async function bindPrincipals(tx: Transaction, document: string): Promise<string | InvalidPrincipal> {
  const edits: Edit[] = [];
  for (const { kind, value } of principalsIn(document)) {
    const bound = await (binders[kind] ?? keep)(tx, value.text);
    if (bound instanceof InvalidPrincipal) return bound;
    if (bound !== value.text) edits.push({ start: value.start, end: value.end, text: JSON.stringify(bound) });
  }
  return edited(document, edits);
}

/** One AWS principal alone, as a grant of a KMS key names it. */
export const bindPrincipal = bindAws;

/** The ARN of a bound principal; the id itself where nobody has it any more. */
export const shownPrincipal = async (tx: Transaction, bound: string): Promise<string> =>
  (await arnOfId(tx, bound)) ?? bound;

/** The document to show: ids of principals that exist become their ARNs. */
export async function showPrincipals(tx: Transaction, document: string): Promise<string> {
  if (!UNIQUE_ID.test(document)) return document;
  const edits: Edit[] = [];
  for (const { value } of principalsIn(document)) {
    const arn = await arnOfId(tx, value.text);
    if (arn) edits.push({ start: value.start, end: value.end, text: JSON.stringify(arn) });
  }
  return edited(document, edits);
}

const UNIQUE_ID = /"A(?:IDA|ROA)[A-Z2-7]{16,17}[":]/;
const ONE_ID = /^(A(?:IDA|ROA)[A-Z2-7]{16,17})(?::([\w+=,.@-]+))?$/;
const USER_OR_ROLE = /^arn:aws:iam::(\d{12}):(user|role)\/(?:[\u0021-\u007e]+\/)?([\w+=,.@-]+)$/;
const ROLE_SESSION = /^arn:aws:sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]+)$/;
const WHOLE_ACCOUNT = /^(?:\d{12}|arn:aws:iam::\d{12}:root|arn:aws:sts::\d{12}:federated-user\/[\w+=,.@-]+)$/;
const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com|amazonaws\.com\.cn|amazon\.com|aws\.internal)$/;
const DOMAIN = /^[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+$/;
const PROVIDER = /^arn:aws:iam::(\d{12}):(oidc-provider|saml-provider)\/(.+)$/;

type Binder = (tx: Transaction, name: string) => Promise<string | InvalidPrincipal>;

const binders: Readonly<Record<string, Binder>> = {
  AWS: bindAws,
  Service: async (_tx, name) => (SERVICE.test(name) ? name : invalid('SERVICE', name)),
  Federated: bindFederated,
};

const keep: Binder = async (_tx, name) => name;
const invalid = (kind: string, name: string) =>
  new InvalidPrincipal(`Invalid principal in policy: "${kind}":"${name}"`);

async function bindAws(tx: Transaction, name: string): Promise<string | InvalidPrincipal> {
  if (name === '*' || WHOLE_ACCOUNT.test(name)) return name;
  const principal = USER_OR_ROLE.exec(name);
  if (principal) return bindNamed(tx, name, principal[1]!, principal[2]!, principal[3]!);
  const session = ROLE_SESSION.exec(name);
  if (session) {
    const role = await tx.get(roles, byName(session[1]!, session[2]!));
    if (role) return `${role.id}:${session[3]}`;
    return (await isHere(tx, session[1]!)) ? invalid('AWS', name) : name;
  }
  return ONE_ID.test(name) && (await arnOfId(tx, name)) ? name : invalid('AWS', name);
}

async function bindNamed(tx: Transaction, arn: string, account: string, kind: string, name: string) {
  const key = byName(account, name);
  const row = kind === 'user' ? await tx.get(users, key) : await tx.get(roles, key);
  if (row && (kind === 'user' ? userArn : roleArn)(row) === arn) return row.id;
  return (await isHere(tx, account)) ? invalid('AWS', arn) : arn;
}

async function bindFederated(tx: Transaction, name: string): Promise<string | InvalidPrincipal> {
  const provider = PROVIDER.exec(name);
  if (!provider) {
    if (DOMAIN.test(name)) return name;
    return new InvalidPrincipal('Federated principals must be valid domain names or SAML metadata ARNs');
  }
  const [, account, kind, rest] = provider;
  if (kind !== 'saml-provider' || !(await isHere(tx, account!))) return name;
  return (await tx.get(samlProviders, [account!, rest!])) ? name : invalid('FEDERATED', name);
}

const isHere = async (tx: Transaction, account: string) => (await tx.get(accounts, [account])) !== undefined;

async function arnOfId(tx: Transaction, text: string): Promise<string | undefined> {
  const [, id, session] = ONE_ID.exec(text) ?? [];
  if (id?.startsWith('AIDA') && session === undefined) {
    const user = (await tx.list(users, [id], { index: 'id', limit: 1 })).rows[0];
    return user && userArn(user);
  }
  if (!id?.startsWith('AROA')) return undefined;
  const role = (await tx.list(roles, [id], { index: 'id', limit: 1 })).rows[0];
  if (!role) return undefined;
  return session === undefined ? roleArn(role) : `arn:aws:sts::${role.account}:assumed-role/${role.name}/${session}`;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function edited(document: string, edits: readonly Edit[]): string {
  let text = '';
  let from = 0;
  for (const edit of edits) {
    text += document.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return text + document.slice(from);
}

/** Every name in a Principal or NotPrincipal element, in the order of the text. */
function* principalsIn(document: string): Generator<{ readonly kind: string; readonly value: Json }> {
  for (const statement of statementsIn(document)) {
    for (const element of statement.members) {
      if (element.key !== 'Principal' && element.key !== 'NotPrincipal') continue;
      for (const { key: kind, value } of element.value.members) {
        for (const name of value.kind === 'array' ? value.items : [value]) yield { kind, value: name };
      }
    }
  }
}

function statementsIn(document: string): readonly Json[] {
  try {
    const statement = readJson(document).members.find((member) => member.key === 'Statement')?.value;
    return statement?.kind === 'array' ? statement.items : statement ? [statement] : [];
  } catch (error) {
    if (error instanceof PolicySyntaxError) return [];
    throw error;
  }
}
