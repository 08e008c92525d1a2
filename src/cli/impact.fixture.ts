/** A trail, an organization and changes for the tests of `gatehouse impact`, in a folder of their own. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exportOf, policy, recordOf, statement } from '../impact/fixtures.ts';
import type { TrailRecord } from '../impact/record.ts';
import { impact } from './impact.ts';
import { said } from './said.fixture.ts';

export const folder = mkdtempSync(join(tmpdir(), 'impact-test-'));
after(() => rmSync(folder, { recursive: true }));

export const run = (...args: string[]) => said(impact, ...args, '--workers=0');

export function write(name: string, content: unknown): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return path;
}

interface Told {
  readonly counts: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly copies: number;
  readonly faultCount: number;
  readonly faults: readonly { readonly file: string; readonly offset: number; readonly message: string }[];
  readonly skipped: Readonly<Record<string, number>>;
  readonly groups: readonly {
    readonly outcome: string;
    readonly principal: string;
    readonly action: string;
    readonly count: number;
    readonly first: string;
    readonly last: string;
    readonly by: readonly { readonly text: string }[];
    readonly unknown: readonly string[];
    readonly example: { readonly eventID: string; readonly record: number };
  }[];
}

export async function asked(...args: string[]): Promise<Told> {
  const { text } = await run(...args, '--json');
  assert.equal(text[0], '{', text);
  return JSON.parse(text) as Told;
}

export const org = write('org.json', exportOf({ 'p-old': policy(statement('Deny', 'ec2:StopInstances')) }));
export const noStart = write('no-start.json', policy(statement('Deny', 'ec2:StartInstances', { Sid: 'NoStart' })));
export const team = { Condition: { StringNotEquals: { 'aws:PrincipalTag/team': 'ops' } } };
export const noTeam = write('no-team.json', policy(statement('Deny', 'ec2:StartInstances', team)));
export const at = (time: string, more: Partial<TrailRecord> = {}) =>
  recordOf('StartInstances', { eventTime: `2026-01-01T${time}Z`, eventID: `event-${time}`, ...more });
export const trail = write(
  'trail/AWSLogs/1/CloudTrail/eu-west-1/a.json.gz',
  gzipSync(JSON.stringify({ Records: [at('02:00:00'), at('01:00:00')] })),
);
write('trail/AWSLogs/1/CloudTrail/eu-west-1/b.json', { Records: [at('03:00:00'), recordOf('DescribeInstances')] });
write('trail/AWSLogs/1/CloudTrail-Digest/eu-west-1/d.json', { digest: true });
export const folderOfTrail = join(folder, 'trail');
