/** `gatehouse mail`: the letters by which people and root users choose their passwords, where nothing sends them. */
import { PLANE_HELP, PLANE_OPTIONS, parsed, planeOf, told, UsageError } from './plane.ts';
import { signedPage } from './signedPage.ts';

const HELP = `Usage: npx gatehouse mail [ACCOUNT_ID] [OPTION…]

Prints the letters of the last day that the plane did not send, because it was started without --smtp: their links let
people of a directory, and root users, choose a password; codes prove a new address of a root user. The caller needs
sso-directory:UpdatePassword; letters to root users, and of other accounts, are for the management account's root
user.

  --json           the letters as JSON
${PLANE_HELP}`;

interface Mail {
  readonly letters: readonly { readonly to: string; readonly subject: string; readonly text: string }[];
}

export function mail(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    const options = { ...PLANE_OPTIONS, json: { type: 'boolean' } } as const;
    const { values, positionals } = parsed({ args: [...args], options, allowPositionals: true });
    if (values.help) {
      out(HELP);
      return 0;
    }
    const [account, ...more] = positionals;
    if (more.length > 0 || (account !== undefined && !/^\d{12}$/.test(account))) {
      throw new UsageError('mail takes one account id at most; see --help.');
    }
    const plane = planeOf(values);
    const { letters } = await signedPage<Mail>(
      plane,
      'GET',
      '/_gatehouse/mail',
      account === undefined ? {} : { account },
    );
    if (values.json) out(JSON.stringify(letters, null, 2));
    else if (letters.length === 0) out('No letter waits.');
    else for (const { to, subject, text } of letters) out(`To: ${to}\nSubject: ${subject}\n\n${text}\n`);
    return 0;
  });
}
