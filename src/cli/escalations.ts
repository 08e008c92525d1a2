/** `gatehouse escalations`: who of the imported principals can become administrator, and how. */
import type { Edge } from '../shadow/edges.ts';
import { type Escalation, type Escalations, escalationsIn } from '../shadow/escalations.ts';
import { rules } from '../shadow/rules.ts';
import { parsed, told, UsageError } from './plane.ts';
import { contextIn, type Out, plainly, populated, SHADOW_HELP, SHADOW_OPTIONS, withShadow } from './shadow.ts';

const HELP = `Usage: npx gatehouse escalations [OPTION…]

Finds the shortest path to administrator of every imported user and role: ${rules.length} known ways, from policy
edits over access keys of others to roles handed to services, each step decided by the policy engine with boundaries,
SCPs and conditions. Administrator is who may do everything on everything, within what SCPs leave its account.
What depends on a condition key that was not given is told apart, with the key.

  --principal NAME     this one only (an ARN, user/NAME, role/NAME or a name)
  --context KEY=VALUE  a condition key that every request has
  --absent KEY         a condition key that no request has
  --fail-on WHICH      exit 1 when somebody can: any, or certain (paths without conditions)
${SHADOW_HELP}

exit code: 0 fine, 1 --fail-on and somebody can, 2 wrong use`;

const OPTIONS = {
  ...SHADOW_OPTIONS,
  context: { type: 'string', multiple: true },
  absent: { type: 'string', multiple: true },
  'fail-on': { type: 'string' },
  principal: { type: 'string' },
} as const;

export function escalations(args: readonly string[], rawOut: Out): Promise<number> {
  const out = plainly(rawOut);
  return told(async () => {
    const { values } = parsed({ args: [...args], options: OPTIONS });
    if (values.help) {
      out(HELP);
      return 0;
    }
    const failOn = values['fail-on'];
    if (failOn !== undefined && failOn !== 'any' && failOn !== 'certain')
      throw new UsageError('--fail-on takes any or certain.');
    const given = { context: contextIn(values.context), absent: values.absent ?? [], now: new Date() };
    return withShadow(values.data, async (store) => {
      const world = await populated(store);
      const only = values.principal === undefined ? undefined : (await found(world.find(values.principal))).arn;
      const all = await escalationsIn(world, given);
      const shown = { ...all, escalations: all.escalations.filter((e) => only === undefined || e.principal === only) };
      if (values.json) out(JSON.stringify(shown, null, 2));
      else print(shown, world.hasOrganization, out);
      const counted = shown.escalations.filter((e) => failOn === 'any' || e.dependsOn.length === 0);
      return failOn !== undefined && counted.length > 0 ? 1 : 0;
    });
  });
}

const found = <T>(subject: Promise<T>): Promise<T> =>
  subject.catch((error: Error) => {
    throw new UsageError(error.message);
  });

function print({ administrators, escalations, principals }: Escalations, hasOrganization: boolean, out: Out): void {
  for (const escalation of escalations) printOne(escalation, out);
  const certain = escalations.filter((e) => e.dependsOn.length === 0).length;
  const conditional = escalations.length - certain;
  out(
    `${certain} of ${principals} principals can become administrator${conditional > 0 ? `, ${conditional} more under conditions` : ''}`,
  );
  out(`Administrators already: ${administrators.map(({ principal }) => principal).join(', ') || 'none'}`);
  if (!hasOrganization) out('No organization was imported: SCPs are not counted.');
}

function printOne({ principal, path, alternatives, dependsOn }: Escalation, out: Out): void {
  const condition = dependsOn.length > 0 ? `, depends on ${dependsOn.join(', ')}` : '';
  out(`${principal}  (${path.length} ${path.length === 1 ? 'step' : 'steps'}${condition})`);
  for (const edge of path) printEdge(edge, out);
  if (alternatives.length > 0) out(`    or: ${alternatives.map((edge) => edge.rule).join('; ')}`);
  out('');
}

function printEdge({ rule, to, through, steps, supposes }: Edge, out: Out): void {
  out(`  -> ${to}${through === undefined ? '' : ` through ${through}`}: ${rule}`);
  if (supposes !== undefined) out(`       supposes ${supposes}`);
  for (const { action, resource, by } of steps) out(`       ${action} on ${resource}: ${by}`);
}
