/** `gatehouse scim token`: what AWS's console does under "Automatic provisioning". */
import { PLANE_HELP, PLANE_OPTIONS, type Plane, parsed, planeOf, told, UsageError } from './plane.ts';
import { signedPage } from './signedPage.ts';

const HELP = `Usage: npx gatehouse scim token [OPTION…]

Makes a bearer token by which an identity provider (Okta, Entra ID) writes users and groups into the directory of an
instance of IAM Identity Center, and prints it with the address of the endpoint. It is shown this once, and valid for a
year; a directory has two at most. The caller needs sso-directory:CreateBearerToken.

  --instance ARN   the instance (that of the account, when it has one)
  --list           the directory's tokens, without what is secret in them
  --revoke ID      ends a token at once
  --json           the facts as JSON
${PLANE_HELP}`;

interface Told {
  readonly id: string;
  readonly created: string;
  readonly expires: string;
}
interface Issued extends Told {
  readonly endpoint: string;
  readonly token: string;
}

const PAGE = '/_gatehouse/scim-tokens';

export function scim(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    const options = {
      ...PLANE_OPTIONS,
      instance: { type: 'string' },
      list: { type: 'boolean' },
      revoke: { type: 'string' },
      json: { type: 'boolean' },
    } as const;
    const { values, positionals } = parsed({ args: [...args], options, allowPositionals: true });
    if (values.help) {
      out(HELP);
      return 0;
    }
    if (positionals.join(' ') !== 'token') throw new UsageError('scim takes the word token; see --help.');
    const query: Record<string, string> = values.instance === undefined ? {} : { instance: values.instance };
    const lines = await (values.revoke !== undefined
      ? revoked(planeOf(values), values.revoke, query)
      : values.list
        ? listed(planeOf(values), query)
        : issued(planeOf(values), query));
    out(values.json ? JSON.stringify(lines.facts, null, 2) : lines.text);
    return 0;
  });
}

type Query = Readonly<Record<string, string>>;

async function issued(plane: Plane, query: Query) {
  const facts = await signedPage<Issued>(plane, 'POST', PAGE, query);
  const { endpoint, token, expires, id } = facts;
  return { facts, text: `Endpoint  ${endpoint}\nToken     ${token}\nId        ${id}\nExpires   ${expires}` };
}

async function listed(plane: Plane, query: Query) {
  const facts = await signedPage<{ tokens: readonly Told[] }>(plane, 'GET', PAGE, query);
  const lines = facts.tokens.map(({ id, created, expires }) => `${id}  created ${created}  expires ${expires}`);
  return { facts, text: lines.length === 0 ? 'The directory has no token.' : lines.join('\n') };
}

async function revoked(plane: Plane, id: string, query: Query) {
  const facts = await signedPage<Pick<Told, 'id'>>(plane, 'DELETE', `${PAGE}/${encodeURIComponent(id)}`, query);
  return { facts, text: `Token ${facts.id} is revoked.` };
}
