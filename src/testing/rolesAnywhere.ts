/** A client of IAM Roles Anywhere, made of the model that the service itself has: the published one is too old. */
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import * as model from '../services/rolesanywhere/model.ts';

type Commands = { [K in keyof typeof model as K extends `${infer Name}Command` ? Uncapitalize<Name> : never]: K };
type In<K extends keyof typeof model> = (typeof model)[K] extends new (input: infer I) => unknown ? I : never;
type Out<K extends keyof typeof model> = (typeof model)[K] extends new (
  input: never,
) => { resolveMiddleware(...a: never[]): (...b: never[]) => Promise<{ output: infer O }> }
  ? O
  : never;

export type RolesAnywhere = {
  readonly [Name in keyof Commands]: (input: In<Commands[Name]>) => Promise<Out<Commands[Name]>>;
} & { send(command: object): Promise<object> };

export function rolesAnywhereClient(config: object): RolesAnywhere {
  const client = new SchedulerClient({
    ...config,
    serviceId: 'RolesAnywhere',
    signingName: 'rolesanywhere',
    protocolSettings: {
      defaultNamespace: 'com.amazonaws.rolesanywhere',
      errorTypeRegistries: model.errorTypeRegistries,
      version: '2018-05-10',
    },
  } as object);
  const sent = client as unknown as { send(command: object): Promise<object>; [name: string]: unknown };
  for (const [name, made] of Object.entries(model)) {
    if (!name.endsWith('Command')) continue;
    const Made = made as unknown as new (input: object) => object;
    sent[name.charAt(0).toLowerCase() + name.slice(1, -'Command'.length)] = (input: object) =>
      sent.send(new Made(input));
  }
  return sent as unknown as RolesAnywhere;
}
