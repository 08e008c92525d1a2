// A second evaluator, for tests only: the documentation's sentences written down as plainly as possible, with no
// compiled form, no tables and none of the engine's code. It knows what the property tests generate and no more.

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly Action?: readonly string[] | string;
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[] | string;
  readonly NotResource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface World {
  readonly principal: { readonly type: 'User' | 'AssumedRole' | 'Root' | 'Anonymous'; readonly arn?: string };
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly resourceAccount: string;
  readonly identity: readonly (readonly Statement[])[];
  readonly resourcePolicy: readonly Statement[] | undefined;
  readonly boundary: readonly Statement[] | undefined;
  readonly session: readonly (readonly Statement[])[] | undefined;
  readonly scps: readonly (readonly (readonly Statement[])[])[];
  readonly rcps: readonly (readonly (readonly Statement[])[])[];
}

type Verdict = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

const account = '111122223333';

export function naiveVerdict(world: World): Verdict {
  const anonymous = world.principal.type === 'Anonymous';
  const scps = anonymous ? [] : world.scps;
  const rcps = world.action.startsWith('s3:') ? world.rcps : [];
  const plain = [...world.identity, world.boundary ?? [], ...(world.session ?? []), ...scps.flat()].flat();
  const named = [...(world.resourcePolicy ?? []), ...rcps.flat(2)];
  const denies = (s: Statement) => s.Effect === 'Deny' && applies(s, world);
  if (plain.some(denies) || named.some((s) => denies(s) && grants(s, world) !== 'none')) return 'ExplicitlyDenied';

  const allows = (statements: readonly Statement[]) =>
    statements.some((s) => s.Effect === 'Allow' && applies(s, world));
  if (!scps.every((level) => allows(level.flat()))) return 'ImplicitlyDenied';
  const allowsNamed = (s: Statement) => s.Effect === 'Allow' && applies(s, world) && grants(s, world) !== 'none';
  if (!rcps.every((level) => level.flat().some(allowsNamed))) return 'ImplicitlyDenied';

  const levels = (world.resourcePolicy ?? []).filter(allowsNamed).map((s) => grants(s, world));
  if (anonymous) return levels.length > 0 ? 'Allowed' : 'ImplicitlyDenied';
  const limited =
    (world.boundary !== undefined && !allows(world.boundary)) ||
    (world.session !== undefined && world.session.length > 0 && !allows(world.session.flat()));
  const identity = world.principal.type === 'Root' || (allows(world.identity.flat()) && !limited);
  const sameAccount = world.resourceAccount === account;
  const byResource = sameAccount && (levels.includes('direct') || (levels.includes('behind') && !limited));
  const allowed = sameAccount ? byResource || identity : identity && levels.length > 0;
  return allowed ? 'Allowed' : 'ImplicitlyDenied';
}

function grants(statement: Statement, world: World): 'none' | 'account' | 'behind' | 'direct' {
  const { type, arn } = world.principal;
  const element = statement.Principal as '*' | { AWS: string[] };
  const names = element === '*' ? ['*'] : element.AWS;
  if (names.includes('*')) return 'direct';
  if (type === 'Anonymous') return 'none';
  if (names.some((name) => name === arn && !name.endsWith(':root'))) return 'direct';
  if (type === 'AssumedRole' && names.includes(String(world.context['aws:PrincipalArn']))) return 'behind';
  return names.includes(account) || names.includes(`arn:aws:iam::${account}:root`) ? 'account' : 'none';
}

function applies(statement: Statement, world: World): boolean {
  const any = (list: unknown, text: string, fold: boolean) =>
    [list].flat().some((pattern) => regExp(String(pattern), world, fold).test(text));
  const action = statement.Action
    ? any(statement.Action, world.action, true)
    : !any(statement.NotAction, world.action, true);
  const resource = statement.Resource
    ? any(statement.Resource, world.resource, false)
    : !any(statement.NotResource, world.resource, false);
  return action && resource && conditionsHold(statement, world);
}

function regExp(pattern: string, world: World, fold: boolean): RegExp {
  const variable = `\${aws:username}`;
  const username = world.context['aws:username'];
  if (pattern.includes(variable) && username === undefined) return /^(?!)/;
  const filled = pattern.replace(variable, String(username));
  const escaped = filled
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, fold ? 'is' : 's');
}

function conditionsHold(statement: Statement, world: World): boolean {
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, world.context[key], [wanted].flat() as string[])),
  );
}

function holds(operator: string, found: string | readonly string[] | undefined, wanted: readonly string[]): boolean {
  const values = found === undefined ? [] : [found].flat();
  const missing = values.length === 0;
  switch (operator) {
    case 'StringEquals':
      return !missing && values.some((value) => wanted.includes(value));
    case 'StringNotEquals':
      return missing || !values.some((value) => wanted.includes(value));
    case 'StringEqualsIfExists':
      return missing || values.some((value) => wanted.includes(value));
    case 'ForAllValues:StringEquals':
      return values.every((value) => wanted.includes(value));
    case 'ForAnyValue:StringEquals':
      return values.some((value) => wanted.includes(value));
    case 'Null':
      return wanted.includes(String(missing));
    default:
      throw new Error(`the naive evaluator does not know ${operator}`);
  }
}
