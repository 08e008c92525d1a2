/** `gatehouse env`: shell lines that point the AWS CLI and SDKs at the plane. */
import { PLANE_HELP, PLANE_OPTIONS, type Plane, parsed, planeOf, told } from './plane.ts';

const HELP = `Usage: eval "$(npx gatehouse env [--role ARN] [OPTION…])"

Prints export lines for AWS_ENDPOINT_URL, AWS_REGION and credentials: the plane's root user, or with --role a role's.
As in AWS, root may not assume roles: have a user's or a role's credentials in the environment for --role.

  --role ARN       assume this role
  --session NAME   name of the role session (gatehouse)
  --json           a JSON object instead of shell lines
${PLANE_HELP}`;

export function env(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    const { values } = parsed({
      args: [...args],
      options: { ...PLANE_OPTIONS, role: { type: 'string' }, session: { type: 'string' }, json: { type: 'boolean' } },
    });
    if (values.help) {
      out(HELP);
      return 0;
    }
    // Without --role or --profile the root user's, whoever the environment is now: so one can always come back.
    const shown =
      values.role === undefined
        ? await alive(planeOf({ ...values, profile: values.profile ?? 'root' }))
        : await assumed(planeOf(values), values.role, values.session);
    const variables = variablesOf(shown);
    out(values.json ? JSON.stringify(variables) : shellLines(variables));
    return 0;
  });
}

const GONE = 'InvalidClientTokenId';

/** A key that the plane does not know any more is of no use; whether it answers at all is not said here. */
async function alive(plane: Plane): Promise<Plane> {
  const { STS } = await import('@aws-sdk/client-sts');
  const requestHandler = { requestTimeout: PATIENCE_MS, connectionTimeout: PATIENCE_MS };
  try {
    await new STS({ ...plane, maxAttempts: 1, requestHandler }).getCallerIdentity({});
  } catch (error) {
    if ((error as Error).name !== GONE) return plane;
    const { accessKeyId } = plane.credentials;
    throw new Error(
      `The plane does not take the access key ${accessKeyId}: it was deleted or made inactive. ${OTHERS}`,
    );
  }
  return plane;
}

const PATIENCE_MS = 5000;
const OTHERS = 'Put credentials that are good into the environment; root signs in with its password at /signin/root.';

async function assumed(plane: Plane, RoleArn: string, RoleSessionName = 'gatehouse'): Promise<Plane> {
  const { STS } = await import('@aws-sdk/client-sts');
  const { Credentials } = await new STS({ ...plane, maxAttempts: 1 }).assumeRole({ RoleArn, RoleSessionName });
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
  const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
  return { ...plane, credentials };
}

function variablesOf({ endpoint, region, credentials }: Plane): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
  };
}

function shellLines(variables: Record<string, string>): string {
  const stale = ['AWS_PROFILE', 'AWS_SESSION_TOKEN'].filter((name) => !(name in variables));
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`);
  return [`unset ${stale.join(' ')}`, ...lines].join('\n');
}
