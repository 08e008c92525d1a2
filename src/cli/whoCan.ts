/** `gatehouse who-can` and `gatehouse can`: questions about the imported accounts, answered by the policy engine. */
import { explain, explanationText } from '../policy/index.ts';
import { ASSUMED, answer, type Given, questionOf } from '../shadow/answer.ts';
import { mayHavePolicy } from '../shadow/resourcePolicies.ts';
import { type Asked, decidedBy, whoCan as everyoneWhoCan } from '../shadow/whoCan.ts';
import type { Target, World } from '../shadow/world.ts';
import { parsed, told, UsageError } from './plane.ts';
import {
  checkAction,
  contextIn,
  type Out,
  plainly,
  populated,
  printTable,
  SHADOW_HELP,
  SHADOW_OPTIONS,
  withShadow,
} from './shadow.ts';

const QUESTION_OPTIONS = {
  ...SHADOW_OPTIONS,
  context: { type: 'string', multiple: true },
  absent: { type: 'string', multiple: true },
  'resource-account': { type: 'string' },
} as const;

const QUESTION_HELP = `RESOURCE is an ARN, or * for an action that has none. The answer is that of the policy engine over all that was
imported: policies, boundaries, SCPs, RCPs, the resource's own policy. Where it depends on a condition key that was
not given, it says on which. Unless told otherwise a request comes over TLS, now, and from no service.

  --context KEY=VALUE        a condition key of the request; several times for several keys or values
  --absent KEY               a condition key that the request does not have (aws:MultiFactorAuthPresent)
  --resource-account ID      the account of a resource whose ARN does not say it (a bucket)
${SHADOW_HELP}`;

const WHO_CAN_HELP = `Usage: npx gatehouse who-can ACTION RESOURCE [OPTION…]

Lists every imported user, role and root user that can do ACTION, and whoever else the resource's policy lets in.
${QUESTION_HELP}
  --fail-on any              exit 1 when somebody can

exit code: 0 fine, 1 --fail-on any and somebody can, 2 wrong use`;

const CAN_HELP = `Usage: npx gatehouse can PRINCIPAL ACTION RESOURCE [OPTION…]

Says whether PRINCIPAL (an ARN, user/NAME, role/NAME or a name) can do ACTION, and derives it statement by statement.
${QUESTION_HELP}

exit code: 0 it can, 1 it cannot or it depends, 2 wrong use`;

export function whoCan(args: readonly string[], rawOut: Out): Promise<number> {
  const out = plainly(rawOut);
  return told(async () => {
    const options = { ...QUESTION_OPTIONS, 'fail-on': { type: 'string' } } as const;
    const { values, positionals } = parsed({ args: [...args], options, allowPositionals: true });
    if (values.help) return help(WHO_CAN_HELP, out);
    const [action, resource, ...more] = positionals;
    if (!action || !resource || more.length > 0)
      throw new UsageError('who-can takes an action and a resource; see --help.');
    if (!['any', undefined].includes(values['fail-on'])) throw new UsageError('--fail-on takes any.');
    checkAction(action);
    const given = givenIn(values);
    return withShadow(values.data, async (store) => {
      const world = await populated(store);
      const target = await world.target(resource, values['resource-account']);
      const found: Asked[] = [];
      for await (const asked of everyoneWhoCan(world, action, target, given)) found.push(asked);
      const notes = notesOn(world, target);
      if (values.json) out(JSON.stringify({ action, resource, principals: found.map(shownAsked), notes }, null, 2));
      else printWhoCan(found, notes, out);
      return found.length > 0 && values['fail-on'] === 'any' ? 1 : 0;
    });
  });
}

export function can(args: readonly string[], rawOut: Out): Promise<number> {
  const out = plainly(rawOut);
  return told(async () => {
    const { values, positionals } = parsed({ args: [...args], options: QUESTION_OPTIONS, allowPositionals: true });
    if (values.help) return help(CAN_HELP, out);
    const [name, action, resource, ...more] = positionals;
    if (!name || !action || !resource || more.length > 0) {
      throw new UsageError('can takes a principal, an action and a resource; see --help.');
    }
    checkAction(action);
    const given = givenIn(values);
    return withShadow(values.data, async (store) => {
      const world = await populated(store);
      const subject = await world.find(name).catch((error: Error) => {
        throw new UsageError(error.message);
      });
      const standing = await world.standing(subject);
      const target = await world.target(resource, values['resource-account']);
      const answered = answer(standing, action, target, given);
      const { request, policies } = questionOf(standing, action, target, given);
      const derivation = explanationText(explain(request, policies));
      const notes = notesOn(world, target);
      const asked = { principal: subject.arn, isOutside: false, ...answered };
      if (values.json) {
        out(JSON.stringify({ action, resource, ...shownAsked(asked), notes, derivation }, null, 2));
      } else {
        for (const line of [
          headline(asked),
          ...notes,
          '',
          'With what was said, and no other condition key:',
          derivation,
        ])
          out(line);
      }
      return answered.verdict === 'Allowed' ? 0 : 1;
    });
  });
}

function help(text: string, out: Out): number {
  out(text);
  return 0;
}

function givenIn(values: { context?: string[] | undefined; absent?: string[] | undefined }): Given {
  return { context: contextIn(values.context), absent: values.absent ?? [], now: new Date() };
}

function notesOn(world: World, target: Target): readonly string[] {
  const { resource } = target;
  const notes = [
    `Assumed: ${Object.entries(ASSUMED)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ')}`,
  ];
  if (!world.hasOrganization) notes.push('No organization was imported: SCPs and RCPs are not counted.');
  if (!target.policy && mayHavePolicy(resource))
    notes.push(`No policy of ${resource} was imported: what it says is not counted.`);
  if (resource !== '*' && !target.place) {
    notes.push(`The account of ${resource} is not known: each caller's own was taken. Say it with --resource-account.`);
  }
  return notes;
}

function shownAsked({ principal, isOutside, verdict, decision, dependsOn }: Asked) {
  const { policy, statement, kind } = decision;
  const decided = statement && { statement: statement.index + 1, sid: statement.sid };
  return { principal, isOutside, verdict, dependsOn, decidedBy: { kind, policy: policy?.name, ...decided } };
}

function headline({ principal, verdict, decision, dependsOn }: Asked): string {
  if (verdict === 'Depends') return `Depends: ${principal} can if ${dependsOn.join(', ')} allow it`;
  return `${verdict}: ${principal}, ${decidedBy(decision)}`;
}

function printWhoCan(found: readonly Asked[], notes: readonly string[], out: Out): void {
  const rows = found.map((asked) => [
    asked.isOutside ? `${asked.principal} (outside)` : asked.principal,
    asked.verdict === 'Depends' ? `depends on ${asked.dependsOn.join(', ')}` : 'yes',
    decidedBy(asked.decision),
  ]);
  if (rows.length > 0) printTable(['PRINCIPAL', 'CAN', 'BY'], rows, out);
  const sure = found.filter((asked) => asked.verdict === 'Allowed').length;
  out(`${sure} can, ${found.length - sure} more depending on what was not said`);
  for (const note of notes) out(note);
}
