/** Policies as tests of authorization write them, and whether a call was allowed. */

export const allowIf = (Condition: object, Action: string | string[] = '*') =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource: '*', Condition } });
export const allow = (Action: string | string[]) => allowIf({}, Action);
export const denial = (Action: string, Effect = 'Deny') =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect, Action, Resource: '*' } });

interface Given {
  readonly Credentials?:
    | { AccessKeyId?: string | undefined; SecretAccessKey?: string | undefined; SessionToken?: string | undefined }
    | undefined;
}
export const credentialsOf = ({ Credentials: c }: Given) => ({
  accessKeyId: c!.AccessKeyId!,
  secretAccessKey: c!.SecretAccessKey!,
  sessionToken: c!.SessionToken!,
});

export async function allowed(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if ((error as Error).name.startsWith('AccessDenied')) return false;
    throw error;
  }
}
