/** `gatehouse person`: what AWS's console does on the page of a user of IAM Identity Center. */
import { instanceCommand, type PageRequest } from './instanceCommand.ts';
import { PLANE_HELP, PLANE_OPTIONS, parsed, UsageError } from './plane.ts';

const HELP = `Usage: npx gatehouse person show USER_NAME [OPTION…]
       npx gatehouse person disable USER_NAME
       npx gatehouse person enable USER_NAME
       npx gatehouse person sign-out USER_NAME

Somebody of the directory of an instance of IAM Identity Center: shows whether they may sign in and their sessions;
disables them, which ends those; enables them again; ends all their sessions, with the tokens of command lines.
Sessions of roles that they have begun last until their time is up, as with AWS.
The caller needs identitystore-auth:ListSessions, sso-directory:DisableUser, sso-directory:EnableUser and
identitystore-auth:BatchDeleteSession.

  --instance ARN           the instance (that of the account, when it has one)
  --json                   the facts as JSON
${PLANE_HELP}`;

const OPTIONS = { ...PLANE_OPTIONS, instance: { type: 'string' }, json: { type: 'boolean' } } as const;

const REQUESTS: Readonly<Record<string, Omit<PageRequest, 'path'>>> = {
  show: { method: 'GET' },
  disable: { method: 'POST', content: { status: 'DISABLED' } },
  enable: { method: 'POST', content: { status: 'ENABLED' } },
  'sign-out': { method: 'DELETE' },
};

export const person = instanceCommand({
  help: HELP,
  parse: (args) => parsed({ args: [...args], options: OPTIONS, allowPositionals: true }),
  requestOf([word = '', name, ...more]) {
    const request = Object.hasOwn(REQUESTS, word) ? REQUESTS[word] : undefined;
    if (!request || name === undefined || more.length > 0) {
      throw new UsageError('person takes show, disable, enable or sign-out, and the name of a user; see --help.');
    }
    return { ...request, path: `/_gatehouse/people/${encodeURIComponent(name)}` };
  },
});
