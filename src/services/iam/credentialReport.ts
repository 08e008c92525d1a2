/**
 * The credential report: one line of CSV a user, root first, as AWS writes it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html). It tells the state at the
 * moment it was asked for, can be fetched a little later, and is good for four hours.
 */
import {
  CredentialReportExpiredException,
  CredentialReportNotPresentException,
  CredentialReportNotReadyException,
  type GenerateCredentialReportResponse,
  type GetCredentialReportResponse,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { keyUses } from '../../identity/lastUsed.ts';
import { mfaDevices } from '../../identity/mfa.ts';
import { accounts } from '../../identity/organization.ts';
import { type PasswordPolicy, passwordExpiry } from '../../identity/passwordPolicies.ts';
import { type LoginProfile, loginProfiles } from '../../identity/passwords.ts';
import { type AccessKey, accessKeys, rootArn, type User, userArn, users } from '../../identity/principals.ts';
import { everyRow } from '../../store/everyRow.ts';
import { type Table, table } from '../../store/store.ts';
import { policyOf } from './passwordPolicy.ts';
import { type SigningCertificate, signingCertificates } from './signingCertificates.ts';

interface CredentialReport {
  readonly account: string;
  readonly generated: string;
  readonly csv: string;
}
const credentialReports = table<CredentialReport>('iam_credential_report', { key: (r) => [r.account] });

const READY_AFTER_MS = 2_000;
const GOOD_FOR_MS = 4 * 3_600_000;

export const GenerateCredentialReport: Operation<object, GenerateCredentialReportResponse> = {
  readOnly: true,
  access: () => ({ resource: '*' }),
  async run(_input, ctx) {
    const report = await ctx.store.get(credentialReports, [ctx.account]);
    const age = report ? ageOf(report, ctx) : GOOD_FOR_MS;
    if (age < READY_AFTER_MS) return { State: 'INPROGRESS' };
    if (age < GOOD_FOR_MS) return { State: 'COMPLETE' };
    await ctx.journal.catchUp();
    const csv = await csvOf(ctx);
    await ctx.store.replace(credentialReports, { account: ctx.account, generated: ctx.now.toISOString(), csv });
    return { State: 'STARTED', Description: 'No report exists. Starting a new report generation task' };
  },
};

export const GetCredentialReport: Operation<object, GetCredentialReportResponse> = {
  access: () => ({ resource: '*' }),
  async run(_input, ctx) {
    const report = await ctx.store.get(credentialReports, [ctx.account]);
    if (!report) return fail(CredentialReportNotPresentException, 'No report exists.');
    const age = ageOf(report, ctx);
    if (age < READY_AFTER_MS) fail(CredentialReportNotReadyException, 'Report generation is in progress.');
    if (age >= GOOD_FOR_MS) fail(CredentialReportExpiredException, 'The most recent report has expired.');
    return { Content: Buffer.from(report.csv), ReportFormat: 'text/csv', GeneratedTime: new Date(report.generated) };
  },
};

const ageOf = (report: CredentialReport, ctx: Context) => ctx.now.getTime() - Date.parse(report.generated);

const NONE = 'N/A';
const UNSUPPORTED = 'not_supported';
const HEADER = [
  'user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation',
  'mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date',
  'access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated',
  'access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service',
  'cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info',
].join(',');

/** Everything the lines are made of, read a table at a time. Keys of the maps: unique id of a user, or account id. */
interface Credentials {
  readonly policy: PasswordPolicy | undefined;
  readonly passwords: ReadonlyMap<string, LoginProfile>;
  readonly withMfa: ReadonlySet<string>;
  readonly certificates: ReadonlyMap<string, readonly SigningCertificate[]>;
  /** By user name in lower case; empty for root. */
  readonly keys: ReadonlyMap<string, readonly AccessKey[]>;
}

async function csvOf(ctx: Context): Promise<string> {
  const credentials = await readCredentials(ctx);
  const lines = [HEADER, await lineOf(ctx, credentials, undefined)];
  for await (const user of everyRow(ctx.store, users, [ctx.account])) lines.push(await lineOf(ctx, credentials, user));
  return lines.join('\n');
}

async function readCredentials(ctx: Context): Promise<Credentials> {
  const of = <R>(table: Table<R>, owner: (row: R) => string, index?: string) => grouped(ctx, table, owner, index);
  const profiles = await of(loginProfiles, (row) => row.owner);
  const devices = await of(mfaDevices, (row) => row.owner ?? '');
  return {
    policy: await policyOf(ctx),
    passwords: new Map([...profiles].map(([owner, [profile]]) => [owner, profile!])),
    withMfa: new Set(devices.keys()),
    certificates: await of(signingCertificates, (row) => row.owner),
    keys: await of(accessKeys, (row) => row.userName?.toLowerCase() ?? '', 'owner'),
  };
}

async function grouped<R>(ctx: Context, table: Table<R>, owner: (row: R) => string, index?: string) {
  const groups = new Map<string, R[]>();
  for await (const row of everyRow(ctx.store, table, [ctx.account], index)) {
    const group = groups.get(owner(row));
    if (group) group.push(row);
    else groups.set(owner(row), [row]);
  }
  return groups;
}

async function lineOf(ctx: Context, all: Credentials, user: User | undefined): Promise<string> {
  const id = user?.id ?? ctx.account;
  const keys = oldestFirst(all.keys.get(user?.name.toLowerCase() ?? '') ?? [], (key) => key.created);
  const certificates = oldestFirst(all.certificates.get(id) ?? [], (row) => row.uploaded);
  const account = user ? undefined : await ctx.store.get(accounts, [ctx.account]);
  const cells = [
    user?.name ?? '<root_account>',
    user ? userArn(user) : rootArn(ctx.account),
    time(user?.created ?? account?.created),
    ...passwordCells(all, user, all.passwords.get(id)),
    String(all.withMfa.has(id)),
    ...(await keyCells(ctx, keys[0])),
    ...(await keyCells(ctx, keys[1])),
    ...certificateCells(certificates[0]),
    ...certificateCells(certificates[1]),
    NONE,
  ];
  return cells.map(quoted).join(',');
}

function passwordCells(all: Credentials, user: User | undefined, profile: LoginProfile | undefined): string[] {
  const used = user?.passwordLastUsed ?? profile?.lastUsed;
  const lastUsed = used ? time(used) : 'no_information';
  if (!user) return [String(profile !== undefined), profile ? lastUsed : NONE, UNSUPPORTED, UNSUPPORTED];
  if (!profile) return ['false', NONE, NONE, NONE];
  return ['true', lastUsed, time(profile.changed), time(passwordExpiry(all.policy, profile)?.toISOString())];
}

async function keyCells(ctx: Context, key: AccessKey | undefined): Promise<string[]> {
  if (!key) return ['false', NONE, NONE, NONE, NONE];
  const use = await ctx.store.get(keyUses, [key.id]);
  const used = [time(use?.time), use?.region ?? NONE, use?.service ?? NONE];
  return [String(key.status === 'Active'), time(key.created), ...used];
}

const certificateCells = (row: SigningCertificate | undefined) => [
  String(row?.status === 'Active'),
  time(row?.uploaded),
];

const oldestFirst = <R>(rows: readonly R[], time: (row: R) => string) =>
  [...rows].sort((a, b) => time(a).localeCompare(time(b)));

/** As AWS writes times here: `2026-01-31T12:00:00+00:00`. */
const time = (iso: string | undefined) => (iso === undefined ? NONE : `${iso.slice(0, 19)}+00:00`);

/** Names and paths may hold commas and quotes. */
const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
