/** Who can do this? Everybody imported is asked, and whoever the resource's own policy names from outside. */
import type { CompiledPolicy, Decision } from '../policy/index.ts';
import { type Answer, answer, EVERYTHING, type Given } from './answer.ts';
import type { Standing, Target, World } from './world.ts';

export interface Asked extends Answer {
  /** ARN; of those outside what the policy names: an ARN, an account, a service, `*` for anyone. */
  readonly principal: string;
  /** It was not imported: what its own account allows it is taken to be everything. */
  readonly isOutside: boolean;
}

/** Those who can, or could if what it depends on turns out so. */
export async function* whoCan(world: World, action: string, target: Target, given: Given): AsyncGenerator<Asked> {
  for await (const subject of world.subjects()) {
    const asked = answer(await world.standing(subject), action, target, given);
    if (asked.verdict !== 'Denied') yield { principal: subject.arn, isOutside: false, ...asked };
  }
  for (const standing of outsiders(world, target.policy)) {
    const asked = answer(standing, action, target, given);
    if (asked.verdict !== 'Denied') yield { principal: standing.subject.arn, isOutside: true, ...asked };
  }
}

/** Whom a policy names that was not imported. */
function outsiders(world: World, policy: CompiledPolicy | undefined): readonly Standing[] {
  const found = new Map<string, Standing>();
  const imported = new Set(world.accounts);
  for (const { principal } of policy?.body.document.statements ?? []) {
    if (!principal) continue;
    if (principal.any) found.set('*', outsider('*', '', { type: 'Anonymous' }, {}));
    for (const name of principal.Service) {
      const entries = { 'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': name };
      found.set(name, outsider(name, '', { type: 'Service', service: name }, entries));
    }
    for (const name of principal.Federated) found.set(name, federated(name));
    for (const name of principal.AWS) {
      const account = /^(?:arn:aws:(?:iam|sts)::)?(\d{12})(?=$|:)/.exec(name)?.[1];
      if (account && !imported.has(account)) found.set(name, fromAccount(name, account));
    }
  }
  return [...found.values()];
}

const federated = (name: string) =>
  outsider(name, '', { type: name.includes(':saml-provider/') ? 'SAML' : 'WebIdentity', arn: name }, {});

function fromAccount(name: string, account: string): Standing {
  const session = /:assumed-role\/([^/]+)\//.exec(name);
  const role = /:role\/(?:.*\/)?([^/]+)$/.exec(name);
  const isAccount = /^\d{12}$|:root$/.test(name);
  const arn = session
    ? `arn:aws:iam::${account}:role/${session[1]}`
    : isAccount
      ? `arn:aws:iam::${account}:user/any`
      : name;
  const entries = { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': account, 'aws:PrincipalIsAWSService': 'false' };
  const caller = role ? `arn:aws:sts::${account}:assumed-role/${role[1]}/session` : session ? name : arn;
  return outsider(name, account, { type: role || session ? 'AssumedRole' : 'User', arn: caller }, entries);
}

function outsider(
  name: string,
  account: string,
  principal: Standing['principal'],
  entries: Standing['entries'],
): Standing {
  const subject = { kind: 'root', arn: name, account } as const;
  return { subject, principal, entries, identity: [EVERYTHING], missing: [], place: { account } };
}

/** `statement 2 (Sid) of POLICY`, or who needs none. */
export function decidedBy({ statement, policy, kind, verdict }: Decision): string {
  if (statement && policy) {
    const sid = statement.sid ? ` (${statement.sid})` : '';
    const name =
      policy === EVERYTHING || policy.body === EVERYTHING.body ? 'its own policies, not imported' : policy.name;
    return `statement ${statement.index + 1}${sid} of ${name ?? `the ${kind} policy`}`;
  }
  return verdict === 'Allowed' ? 'root user of the account' : `no ${kind} policy allows it`;
}
