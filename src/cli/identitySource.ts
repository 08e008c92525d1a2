/** `gatehouse identity-source`: what AWS's console does under "Identity source". */
import { readFileSync } from 'node:fs';
import { instanceCommand, type PageRequest } from './instanceCommand.ts';
import { PLANE_HELP, PLANE_OPTIONS, parsed, UsageError } from './plane.ts';

const HELP = `Usage: npx gatehouse identity-source [show] [OPTION…]
       npx gatehouse identity-source saml METADATA_FILE
       npx gatehouse identity-source certificate CERTIFICATE_FILE
       npx gatehouse identity-source oidc --issuer URL --client-id ID [--client-secret-file FILE]
       npx gatehouse identity-source directory

Says where the people of an instance of IAM Identity Center prove who they are, and what the identity provider must know
of the plane. saml: at a SAML 2.0 identity provider, by its metadata document. oidc: at an OpenID Connect provider, by
authorization code with PKCE. directory: here, with a password; users, groups and assignments stay as they are.
Users are matched by user name and must be in the directory before they sign in (see gatehouse scim).
The caller needs sso-directory:EnableExternalIdPConfigurationForDirectory, and so on; see the README of src/signin.

  --instance ARN             the instance (that of the account, when it has one)
  --claim NAME               oidc: claim that holds the user name (preferred_username)
  --scope SCOPE              oidc: asked for beside openid; may be repeated (profile, email)
  --client-secret-file FILE  oidc: file that holds the secret of a confidential client
  --delete ID                certificate: ends the one with this id (see show) instead of importing one
  --json                     the facts as JSON
${PLANE_HELP}`;

const OPTIONS = {
  ...PLANE_OPTIONS,
  instance: { type: 'string' },
  issuer: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret-file': { type: 'string' },
  claim: { type: 'string' },
  scope: { type: 'string', multiple: true },
  delete: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const PAGE = '/_gatehouse/identity-source';
const CERTIFICATES = `${PAGE}-certificates`;

const parse = (args: readonly string[]) => parsed({ args: [...args], options: OPTIONS, allowPositionals: true });
type Values = ReturnType<typeof parse>['values'];

const REQUESTS: Readonly<Record<string, (values: Values, file: string | undefined) => PageRequest>> = {
  show: () => ({ method: 'GET', path: PAGE }),
  saml: (_values, file) => {
    const content = { kind: 'saml', metadata: textOf(file, 'metadata') };
    return { method: 'POST', path: PAGE, content };
  },
  certificate: (values, file) =>
    values.delete === undefined
      ? { method: 'POST', path: CERTIFICATES, content: { certificate: textOf(file, 'certificate') } }
      : { method: 'DELETE', path: `${CERTIFICATES}/${encodeURIComponent(values.delete)}` },
  oidc: (values) => ({ method: 'POST', path: PAGE, content: oidcOf(values) }),
  directory: () => ({ method: 'DELETE', path: PAGE }),
};

export const identitySource = instanceCommand({
  help: HELP,
  parse,
  requestOf([word = 'show', file, ...more], values) {
    const request = Object.hasOwn(REQUESTS, word) ? REQUESTS[word] : undefined;
    if (!request || more.length > 0) {
      throw new UsageError('identity-source takes show, saml, certificate, oidc or directory; see --help.');
    }
    return request(values, file);
  },
});

function oidcOf(values: Values): object {
  const { issuer, claim, scope: scopes, 'client-id': clientId, 'client-secret-file': file } = values;
  if (issuer === undefined || clientId === undefined) throw new UsageError('oidc needs --issuer and --client-id.');
  const secret = file === undefined ? {} : { clientSecret: textOf(file, 'secret').trim() };
  return { kind: 'oidc', issuer, clientId, ...secret, ...(claim && { claim }), ...(scopes && { scopes }) };
}

function textOf(file: string | undefined, what: string): string {
  if (file === undefined) throw new UsageError(`The file of the ${what} is missing; see --help.`);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
}
