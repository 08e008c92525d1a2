/**
 * A credential report, as `aws iam get-credential-report` prints it: `{Content: base64 of CSV, GeneratedTime, …}`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
 */
import { parseArn } from '../core/arn.ts';
import { type Fields, fail, text, time } from './fields.ts';
import type { Credential, CredentialKey } from './tables.ts';

/** @throws Malformed */
export function credentialsOf(fields: Fields): readonly Credential[] {
  const csv = Buffer.from(text(fields, 'Content'), 'base64').toString('utf8');
  const [header, ...lines] = csv.trim().split(/\r?\n/);
  const names = header?.split(',') ?? [];
  for (const name of ['user', 'arn', 'mfa_active', 'access_key_1_active']) {
    if (!names.includes(name)) fail(fields, 'Content', `is not a credential report: it has no column ${name}`);
  }
  const reported = time(fields, 'GeneratedTime');
  return lines.map((line, i) => {
    const cells = line.split(',');
    if (cells.length !== names.length)
      fail(fields, 'Content', `line ${i + 2} has ${cells.length} cells, not ${names.length}`);
    const cell = (name: string) => cells[names.indexOf(name)] ?? '';
    const account = parseArn(cell('arn'))?.account;
    if (!account) fail(fields, 'Content', `line ${i + 2} has no ARN`);
    return credentialOf(account ?? '', reported, cell);
  });
}

function credentialOf(account: string, reported: string, cell: (name: string) => string): Credential {
  const passwordLastUsed = timeIn(cell('password_last_used'));
  const enabled = cell('password_enabled');
  return {
    ...{ account, user: cell('user'), reported, mfaActive: cell('mfa_active') === 'true' },
    ...((enabled === 'true' || enabled === 'false') && { passwordEnabled: enabled === 'true' }),
    ...(passwordLastUsed !== undefined && { passwordLastUsed }),
    keys: [1, 2].map((number) => keyOf(number, cell)),
  };
}

function keyOf(number: number, cell: (name: string) => string): CredentialKey {
  const rotated = timeIn(cell(`access_key_${number}_last_rotated`));
  const lastUsed = timeIn(cell(`access_key_${number}_last_used_date`));
  return {
    ...{ number, active: cell(`access_key_${number}_active`) === 'true' },
    ...(rotated !== undefined && { rotated }),
    ...(lastUsed !== undefined && { lastUsed }),
  };
}

/** Cells without a time say `N/A`, `no_information` or `not_supported`. */
function timeIn(cell: string): string | undefined {
  const date = new Date(cell);
  return /^\d{4}-/.test(cell) && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}
