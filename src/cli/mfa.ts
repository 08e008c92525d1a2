/** `gatehouse mfa`: what AWS's console does under "Multi-factor authentication" of IAM Identity Center. */
import { instanceCommand, type PageRequest } from './instanceCommand.ts';
import { PLANE_HELP, PLANE_OPTIONS, parsed, UsageError } from './plane.ts';

const HELP = `Usage: npx gatehouse mfa [show] [OPTION…]
       npx gatehouse mfa set SETTING…
       npx gatehouse mfa devices USER_NAME
       npx gatehouse mfa register USER_NAME [--registration TEXT --code CODE [--name NAME]]
       npx gatehouse mfa rename USER_NAME DEVICE_ID --name NAME
       npx gatehouse mfa remove USER_NAME DEVICE_ID

How people of an instance of IAM Identity Center prove themselves beside the password, and which devices they have.
register shows a key for an authenticator app, and takes the code that the app shows then. Passkeys are registered by
people themselves, at sign-in or on the portal's page.
The caller needs sso:GetMfaDeviceManagementForDirectory, sso:PutMfaDeviceManagementForDirectory, and
sso-directory:ListMfaDevicesForUser, UpdateMfaDeviceForUser, DeleteMfaDeviceForUser, Start- and
CompleteVirtualMfaDeviceRegistration.

  --prompt WHEN            always, context (only when browser or address is not one they trusted), never
  --types KINDS            passkey, app, or passkey,app: the devices that count
  --without-device WHAT    who has no device: register (one at sign-in), email (a code by mail), block, allow
  --self-service YES_NO    yes, no: whether people add and remove devices themselves once they are in
  --instance ARN           the instance (that of the account, when it has one)
  --json                   the facts as JSON
${PLANE_HELP}`;

const OPTIONS = {
  ...PLANE_OPTIONS,
  prompt: { type: 'string' },
  types: { type: 'string' },
  'without-device': { type: 'string' },
  'self-service': { type: 'string' },
  name: { type: 'string' },
  registration: { type: 'string' },
  code: { type: 'string' },
  instance: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const parse = (args: readonly string[]) => parsed({ args: [...args], options: OPTIONS, allowPositionals: true });
type Values = ReturnType<typeof parse>['values'];

const PAGE = '/_gatehouse/mfa';
const devices = (...parts: readonly string[]) => `${PAGE}-devices/${parts.map(encodeURIComponent).join('/')}`;

/** With as many words as each takes after its own. */
const REQUESTS: Readonly<
  Record<string, { words: number; of: (values: Values, words: readonly string[]) => PageRequest }>
> = {
  show: { words: 0, of: () => ({ method: 'GET', path: PAGE }) },
  set: { words: 0, of: (values) => ({ method: 'POST', path: PAGE, content: settingsIn(values) }) },
  devices: { words: 1, of: (_values, [user = '']) => ({ method: 'GET', path: devices(user) }) },
  register: { words: 1, of: registering },
  rename: {
    words: 2,
    of: ({ name }, [user = '', id = '']) => ({ method: 'POST', path: devices(id, user), content: { name } }),
  },
  remove: { words: 2, of: (_values, [user = '', id = '']) => ({ method: 'DELETE', path: devices(id, user) }) },
};

export const mfa = instanceCommand({
  help: HELP,
  parse,
  requestOf([word = 'show', ...words], values) {
    const request = Object.hasOwn(REQUESTS, word) ? REQUESTS[word] : undefined;
    if (request?.words !== words.length)
      throw new UsageError('mfa takes show, set, devices, register, rename, remove; see --help.');
    return request.of(values, words);
  },
});

/** First the key; then, with what came with it, a code. */
function registering({ registration, code, name }: Values, [user = '']: readonly string[]): PageRequest {
  const path = `${PAGE}-apps/${encodeURIComponent(user)}`;
  if ((registration === undefined) !== (code === undefined)) {
    throw new UsageError('--registration and --code go together; see --help.');
  }
  return registration === undefined
    ? { method: 'GET', path }
    : { method: 'POST', path, content: { registration, code, name } };
}

const WORDS: Readonly<Record<string, Readonly<Record<string, string | boolean>>>> = {
  prompt: { always: 'ALWAYS', context: 'CONTEXT_AWARE', never: 'NEVER' },
  types: { passkey: 'WEBAUTHN', app: 'TOTP' },
  'without-device': { register: 'REGISTER', email: 'EMAIL', block: 'BLOCK', allow: 'ALLOW' },
  'self-service': { yes: true, no: false },
};

function meant(flag: string, word: string): string | boolean {
  const words = WORDS[flag]!;
  const value = Object.hasOwn(words, word) ? words[word] : undefined;
  if (value === undefined) throw new UsageError(`--${flag} must be ${Object.keys(words).join(' or ')}: ${word}`);
  return value;
}

function settingsIn(values: Values): object {
  const { prompt, types, 'without-device': without, 'self-service': self } = values;
  const settings = {
    ...(prompt !== undefined && { prompt: meant('prompt', prompt) }),
    ...(types !== undefined && { types: types.split(',').map((word) => meant('types', word.trim())) }),
    ...(without !== undefined && { withoutDevice: meant('without-device', without) }),
    ...(self !== undefined && { selfService: meant('self-service', self) }),
  };
  if (Object.keys(settings).length === 0) throw new UsageError('mfa set needs a setting; see --help.');
  return settings;
}
