/** A PKCS #11 token for a test: SoftHSM2, as Debian's package `softhsm2` has it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

const module = MODULES.find(existsSync);

/** Why there can be no token here; false if there can. */
export const noSoftHsm: string | false =
  module === undefined ? 'no SoftHSM' : hasLibrary() ? false : 'no SoftHSM: the optional package pkcs11js is not built';

function hasLibrary(): boolean {
  try {
    createRequire(import.meta.url)('pkcs11js');
    return true;
  } catch {
    return false;
  }
}

/** A folder of tokens that this process, and those it starts, use from now on. */
export function softHsm() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-hsm-'));
  mkdirSync(join(folder, 'tokens'));
  const file = join(folder, 'softhsm2.conf');
  writeFileSync(file, `directories.tokendir = ${join(folder, 'tokens')}\nlog.level = ERROR\n`);
  process.env.SOFTHSM2_CONF = file;
  return {
    folder,
    /** A new token of that label, whose user has this PIN. */
    token(label: string, pin: string) {
      const flags = ['--init-token', '--free', '--label', label, '--so-pin', '12345678', '--pin', pin];
      execFileSync('softhsm2-util', flags, { stdio: 'ignore' });
      return { module: module!, token: label };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
