/** `gatehouse saml-application`: custom SAML 2.0 applications, which AWS makes in its console only. */
import { readFileSync } from 'node:fs';
import { instanceCommand, type PageRequest } from './instanceCommand.ts';
import { PLANE_HELP, PLANE_OPTIONS, parsed, UsageError } from './plane.ts';

const HELP = `Usage: npx gatehouse saml-application list|show ID [OPTION…]
       npx gatehouse saml-application create NAME --acs-url URL --audience ENTITY_ID [SETTING…]
       npx gatehouse saml-application create NAME --metadata FILE [SETTING…]
       npx gatehouse saml-application update ID [SETTING…]
       npx gatehouse saml-application certificate ID [--activate CERT | --delete CERT]

SAML 2.0 applications of an instance of IAM Identity Center. Who may use one is said by aws sso-admin
create-application-assignment, with the ARN that is shown here; delete-application ends it. An application has
two keys while one takes the place of the other: certificate makes a second one, --activate lets it sign, --delete ends
the first.
The caller needs sso:CreateApplicationInstance, and so on; see the README of src/signin.

  --instance ARN          the instance (that of the account, when it has one)
  --acs-url URL           where assertions are posted
  --audience ENTITY_ID    the service provider
  --metadata FILE         both of them, and the certificate, from the service provider's metadata document
  --certificate FILE      that signs its requests (PEM): requests without are refused
  --start-url URL         where people begin who choose it in the portal
  --relay-state TEXT      sent along with an assertion nobody asked for
  --session DURATION      how long a session is (PT1H; PT15M to PT12H)
  --subject SOURCE        of the NameID (\${user:subject}, the user name); \${user:email}, \${path:name.givenName} …
  --subject-format NAME   persistent, transient, emailAddress, unspecified …
  --attribute NAME=SOURCE sent along; may be repeated; \${user:groups} has the ids of all groups
  --json                  the facts as JSON
${PLANE_HELP}`;

const text = { type: 'string' } as const;
const OPTIONS = {
  ...PLANE_OPTIONS,
  ...{ instance: text, metadata: text, certificate: text, session: text, subject: text, activate: text, delete: text },
  ...{ 'acs-url': text, audience: text, 'start-url': text, 'relay-state': text, 'subject-format': text },
  attribute: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

const PAGE = '/_gatehouse/saml-applications';
const CERTIFICATES = '/_gatehouse/saml-application-certificates';

const parse = (args: readonly string[]) => parsed({ args: [...args], options: OPTIONS, allowPositionals: true });
type Values = ReturnType<typeof parse>['values'];

const REQUESTS: Readonly<Record<string, (of: string | undefined, values: Values) => PageRequest>> = {
  list: () => ({ method: 'GET', path: PAGE }),
  show: (id) => ({ method: 'GET', path: `${PAGE}/${idIn(id)}` }),
  create: (name, values) => ({ method: 'POST', path: PAGE, content: { name, ...settingsIn(values) } }),
  update: (id, values) => ({ method: 'POST', path: `${PAGE}/${idIn(id)}`, content: settingsIn(values) }),
  certificate: (id, values) => {
    const { activate, delete: end } = values;
    const which = activate ?? end;
    const path = `${CERTIFICATES}/${idIn(id)}${which === undefined ? '' : `/${which}`}`;
    return { method: end === undefined ? 'POST' : 'DELETE', path };
  },
};

export const samlApplication = instanceCommand({
  help: HELP,
  parse,
  requestOf([word = '', of, ...more], values) {
    const request = Object.hasOwn(REQUESTS, word) ? REQUESTS[word] : undefined;
    if (!request || more.length > 0) {
      throw new UsageError('saml-application takes list, show, create, update or certificate; see --help.');
    }
    return request(of, values);
  },
});

/** The id, of an ARN too. */
function idIn(named: string | undefined): string {
  const id = named?.split('/').at(-1);
  if (!id) throw new UsageError('The id of the application is missing; see --help.');
  return encodeURIComponent(id);
}

function settingsIn(values: Values): object {
  const { audience, session, subject, attribute } = values;
  const format = values['subject-format'];
  const settings = {
    audience,
    acsUrl: values['acs-url'],
    startUrl: values['start-url'],
    relayState: values['relay-state'],
    sessionDuration: session,
    metadata: textIn(values.metadata),
    certificate: textIn(values.certificate),
    attributes: attribute?.map(attributeIn),
    subject:
      subject === undefined && format === undefined
        ? undefined
        : { source: subject ?? '$' + '{user:subject}', ...(format && { format }) },
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function attributeIn(pair: string): object {
  const at = pair.indexOf('=');
  if (at < 1) throw new UsageError(`--attribute takes NAME=SOURCE, not ${pair}.`);
  return { name: pair.slice(0, at), source: pair.slice(at + 1) };
}

function textIn(file: string | undefined): string | undefined {
  if (file === undefined || file === '') return file;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
}
