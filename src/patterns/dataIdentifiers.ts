/**
 * Data identifiers: what AWS's data protection policies call sensitive. Those are known that tell themselves by their
 * form, some with a check digit; what takes learning (names, addresses) or a list of a country's words is not.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-managed-data-identifiers.html
 */
import { compileRegex, type Fuel, type Regex } from './regex/index.ts';

export interface DataIdentifier {
  readonly name: string;
  readonly regex: Regex;
  /** What the form cannot say. */
  readonly check?: ((text: string) => boolean) | undefined;
}

/** Where it was found: the first place, and the one behind the last. */
export type Found = readonly [begin: number, end: number];

const KEY = (name: string) => `-----BEGIN ${name}-----[A-Za-z0-9+/=\\\\\\s]*(-----END ${name}-----)?`;
const BYTE = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)';

/** Managed data identifiers, by the last part of their ARN. */
const FORMS: Readonly<Record<string, string>> = {
  EmailAddress: '[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]{1,63}\\.){1,8}[A-Za-z]{2,24}',
  IpAddress: `\\b(${BYTE}\\.){3}${BYTE}\\b|\\b([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}\\b`,
  OpenSshPrivateKey: KEY('OPENSSH PRIVATE KEY'),
  PgpPrivateKey: KEY('PGP PRIVATE KEY BLOCK'),
  PkcsPrivateKey: KEY('(RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY'),
  PuttyPrivateKey: 'PuTTY-User-Key-File-[0-9]: [^ ]{1,40}',
  CreditCardNumber: '\\b[2-6]\\d{3}[ -]?(\\d{4}[ -]?\\d{4}[ -]?\\d{1,7}|\\d{6}[ -]?\\d{4,5})\\b',
  'Ssn-US': '\\b\\d{3}-\\d{2}-\\d{4}\\b|\\b\\d{3} \\d{2} \\d{4}\\b',
  'PhoneNumber-US':
    '(\\+1[ .-]?)?(\\([2-9]\\d{2}\\) ?|\\b[2-9]\\d{2}[ .-])[2-9]\\d{2}[ .-]\\d{4}\\b|\\+1[2-9]\\d{9}\\b',
  VehicleIdentificationNumber: '\\b[A-HJ-NPR-Z0-9]{17}\\b',
  AwsSecretKey:
    '([Ss]ecret[ _-]?([Aa]ccess[ _-]?)?[Kk]ey|SECRET_?ACCESS_?KEY|SECRET_?KEY|set-awscredential)' +
    '[^A-Za-z0-9/+]{1,20}[A-Za-z0-9/+]{40}\\b',
};

const CHECKS: Readonly<Record<string, (text: string) => boolean>> = {
  CreditCardNumber: isCardNumber,
  'Ssn-US': (text) => !/^(000|666|9\d\d)|[- ]00[- ]|0000$/.test(text),
  VehicleIdentificationNumber: isVehicle,
};

function isCardNumber(text: string): boolean {
  const digits = Array.from(text.replace(/\D/g, ''), Number);
  if (digits.length < 13 || digits.length > 19) return false;
  const sum = digits.reverse().reduce((total, digit, place) => {
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

const LETTERS = 'ABCDEFGH JKLMN P R  STUVWXYZ';
const LETTER_VALUES = '12345678 12345 7 9  23456789';
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/** ISO 3779: the ninth character checks the others. */
function isVehicle(text: string): boolean {
  const sum = Array.from(text).reduce((total, letter, place) => {
    const value = /\d/.test(letter) ? Number(letter) : Number(LETTER_VALUES[LETTERS.indexOf(letter)]);
    return total + value * WEIGHTS[place]!;
  }, 0);
  return '0123456789X'[sum % 11] === text[8];
}

const ARN = /^arn:aws:dataprotection::aws:data-identifier\/([\w-]+)$/;
const known = new Map<string, DataIdentifier>();

/** A managed data identifier by its ARN; undefined for one that is not known here. */
export function managedIdentifier(arn: string): DataIdentifier | undefined {
  const name = ARN.exec(arn)?.[1] ?? '';
  if (!Object.hasOwn(FORMS, name)) return undefined;
  const made = known.get(name) ?? { name, regex: compiled(FORMS[name]!), check: CHECKS[name] };
  known.set(name, made);
  return made;
}

export const isManagedName = (name: string) => Object.hasOwn(FORMS, name);

function compiled(form: string): Regex {
  const regex = compileRegex(form, 'query');
  if ('problem' in regex) throw new Error(`${form}: ${regex.problem}`);
  return regex;
}

/** What looking through one text may cost, whatever custom identifiers find in it. */
export const lookFuel = (): Fuel => ({ left: 10_000_000 });

/** Everything in a text that the identifier names, from left to right; on this fuel. @throws TooCostly */
export function findingsOf({ regex, check }: DataIdentifier, text: string, fuel: Fuel = lookFuel()): Found[] {
  const all: Found[] = [];
  for (let found = regex.exec(text, 0, fuel); found; found = regex.exec(text, found[1]!, fuel)) {
    const [begin = 0, end = 0] = found;
    if (end <= begin) break;
    if (check === undefined || check(text.slice(begin, end))) all.push([begin, end]);
    if (end >= text.length) break;
  }
  return all;
}

/** The text with what was found replaced, by what `instead` makes of it. */
export function replaced(text: string, findings: readonly Found[], instead: (found: string) => string): string {
  let shown = '';
  let at = 0;
  for (const [begin, end] of findings) {
    shown += text.slice(at, begin) + instead(text.slice(begin, end));
    at = end;
  }
  return shown + text.slice(at);
}
