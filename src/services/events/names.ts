/** What buses and rules are called: names, ARNs, and the two ways of naming a bus. */
import type { Context } from '../../core/context.ts';

export interface BusName {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

export const DEFAULT_BUS = 'default';

/** The bus of a name or an ARN. An ARN may be of another account. */
export function busNamed(ctx: Pick<Context, 'account' | 'region'>, nameOrArn = DEFAULT_BUS): BusName {
  const [, region, account, name] = /^arn:[\w-]+:events:([a-z0-9-]+):(\d{12}):event-bus\/(.+)$/.exec(nameOrArn) ?? [];
  if (region !== undefined && account !== undefined && name !== undefined) return { account, region, name };
  return { account: ctx.account, region: ctx.region, name: nameOrArn };
}

export const busArn = ({ account, region, name }: BusName) => `arn:aws:events:${region}:${account}:event-bus/${name}`;

export interface RuleName {
  readonly account: string;
  readonly region: string;
  readonly bus: string;
  readonly name: string;
}

export const ruleArn = ({ account, region, bus, name }: RuleName) =>
  `arn:aws:events:${region}:${account}:rule/${bus === DEFAULT_BUS ? '' : `${bus}/`}${name}`;

/** The rule of an ARN: the name is what follows the last slash, the bus what is before it. */
export function ruleNamed(arn: string): RuleName | undefined {
  const [, region, account, path] = /^arn:[\w-]+:events:([a-z0-9-]+):(\d{12}):rule\/(.+)$/.exec(arn) ?? [];
  if (region === undefined || account === undefined || path === undefined) return undefined;
  const slash = path.lastIndexOf('/');
  return { account, region, bus: slash < 0 ? DEFAULT_BUS : path.slice(0, slash), name: path.slice(slash + 1) };
}
