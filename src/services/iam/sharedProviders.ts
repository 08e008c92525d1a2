/**
 * OpenID Connect providers that many organizations share: a trust policy that does not look at whose token it is lets
 * in everybody's. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
 */
import { MalformedPolicyDocumentException } from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import { matchesPattern, parsePolicy, type StatementElement } from '../../policy/index.ts';

/** Providers by what their subject tells, and by what their audience tells. */
const BY_SUBJECT = [
  'agent.buildkite.com',
  'oidc.codefresh.io',
  'studio.datachain.ai/api',
  'token.actions.githubusercontent.com',
  'oidc-configuration.audit-log.githubusercontent.com',
  'vstoken.actions.githubusercontent.com',
  'gitlab.com',
  'rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7',
  'rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr',
  'rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg',
  'rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26',
  'oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb',
  'oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu',
  'scalr.io',
  'tokens.cloud.shisho.dev',
  'app.terraform.io',
  'proidc.upbound.io',
];
const BY_AUDIENCE = ['cognito-identity.amazonaws.com', 'api.pulumi.com/oidc', 'sandboxes.cloud', 'oidc.vercel.com'];

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ...BY_SUBJECT.map((url) => [url, `${url}:sub`] as const),
  ...BY_AUDIENCE.map((url) => [url, `${url}:aud`] as const),
  ['sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d', 'sts:RoleSessionName'],
]);

/** Raises MalformedPolicyDocument on a trust policy that trusts such a provider, whoever its token is of. */
export function requireControls(document: string): void {
  for (const statement of parsePolicy(document).statements) {
    if (statement.effect !== 'Allow' || !isOfWebIdentity(statement)) continue;
    for (const provider of statement.principal?.Federated ?? []) {
      const url = provider.split(':oidc-provider/').at(-1)!;
      const key = CONTROLS.get(url);
      if (key === undefined || isEvaluated(statement, key)) continue;
      fail(
        MalformedPolicyDocumentException,
        `The trust policy must evaluate the condition key ${key} for the identity provider ${url}, and not by a ` +
          'wildcard alone.',
      );
    }
  }
}

const isOfWebIdentity = ({ action = [] }: StatementElement) =>
  action.some((pattern) => matchesPattern(pattern.toLowerCase(), 'sts:assumerolewithwebidentity'));

const isEvaluated = ({ conditions }: StatementElement, wanted: string) =>
  conditions.some(
    ({ operator, key, values }) =>
      key.toLowerCase() === wanted.toLowerCase() &&
      operator.toLowerCase() !== 'null' &&
      values.length > 0 &&
      !values.some((value) => /^[*?]*$/.test(value)),
  );
