/** `gatehouse COMMAND`: one file each. Exit codes: 0 fine, 1 the answer is no, 2 wrong use. */
import { readFileSync } from 'node:fs';

type Command = (args: readonly string[], out: (line: string) => void) => Promise<number>;

interface Entry {
  readonly usage: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  up: {
    usage: 'up [FLAG…]                       boot the plane (npm start does the same)',
    load: async () => {
      const { up } = await import('../main.ts');
      return async (args) => {
        await up(args);
        return -1;
      };
    },
  },
  env: {
    usage: 'env [--role ARN]                 shell lines that point the AWS CLI and SDKs at the plane',
    load: async () => (await import('./env.ts')).env,
  },
  seal: {
    usage: 'seal status|rotate               how the root key is sealed; seal it anew',
    load: async () => (await import('./seal.ts')).seal,
  },
  why: {
    usage: 'why REQUEST_ID|ENCODED_MESSAGE   how a request was decided, statement by statement',
    load: async () => (await import('./why.ts')).why,
  },
  scim: {
    usage: 'scim token                       a token by which an identity provider writes into a directory',
    load: async () => (await import('./scim.ts')).scim,
  },
  'identity-source': {
    usage:
      'identity-source saml|oidc|…      where people of IAM Identity Center sign in: here, or at a provider outside',
    load: async () => (await import('./identitySource.ts')).identitySource,
  },
  person: {
    usage: 'person show|disable|enable|sign-out  whether somebody of IAM Identity Center may sign in, and is signed in',
    load: async () => (await import('./person.ts')).person,
  },
  mfa: {
    usage: 'mfa show|set|devices|…           second factors of people of IAM Identity Center; their devices',
    load: async () => (await import('./mfa.ts')).mfa,
  },
  'saml-application': {
    usage: 'saml-application create|list|…   SAML 2.0 applications that people reach through IAM Identity Center',
    load: async () => (await import('./samlApplication.ts')).samlApplication,
  },
  mail: {
    usage: 'mail [ACCOUNT_ID]                letters that wait to be sent: links to choose a password',
    load: async () => (await import('./mail.ts')).mail,
  },
  outbox: {
    usage: 'outbox                           what SNS could not send: text messages, and mail without --smtp',
    load: async () => (await import('./outbox.ts')).outbox,
  },
  policy: {
    usage: 'policy test|validate|check …     run policy cases; check policies as Access Analyzer does',
    load: async () => (await import('./policy.ts')).policy,
  },
  import: {
    usage: 'import account FILE…             load exports of real accounts, to be asked without a plane',
    load: async () => (await import('./import.ts')).importAccount,
  },
  'who-can': {
    usage: 'who-can ACTION RESOURCE          who of the imported accounts can do this',
    load: async () => (await import('./whoCan.ts')).whoCan,
  },
  can: {
    usage: 'can PRINCIPAL ACTION RESOURCE    whether one of them can, statement by statement',
    load: async () => (await import('./whoCan.ts')).can,
  },
  impact: {
    usage: 'impact --trail DIR --change …    what a change of policies would have done to the calls of a trail',
    load: async () => (await import('./impact.ts')).impact,
  },
  escalations: {
    usage: 'escalations                      who of them can become administrator, and how',
    load: async () => (await import('./escalations.ts')).escalations,
  },
  unused: {
    usage: 'unused                           what nobody uses in them, and what allows too much',
    load: async () => (await import('./unused.ts')).unused,
  },
};

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

const usage = () => ['Usage:', ...Object.values(COMMANDS).map((c) => `  gatehouse ${c.usage}`)].join('\n');

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    if (name === undefined) console.error(usage());
    else console.log(usage());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    console.log(version());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    console.error(`gatehouse: unknown command: ${name}\n${usage()}`);
    return 2;
  }
  return (await command.load())(args, (line) => console.log(line));
}

const code = await main(process.argv.slice(2));
if (code >= 0) process.exitCode = code;
