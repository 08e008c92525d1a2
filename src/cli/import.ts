/** `gatehouse import account`: an account's dumps and an organization's exports, to be asked without a plane. */
import { type FileResult, importFiles } from '../shadow/import.ts';
import { parsed, told, UsageError } from './plane.ts';
import { type Out, plainly, SHADOW_HELP, SHADOW_OPTIONS, withShadow } from './shadow.ts';

const HELP = `Usage: npx gatehouse import account [OPTION…] FILE…

Loads exports of real accounts into a shadow organization beside the plane: no plane has to run, none is touched.
Give all pages of a dump at once; what earlier imports said of the same account is replaced. A FILE may hold
  - pages of aws iam get-account-authorization-details, one after another or in a list
  - an organization: accounts, units, SCPs, RCPs and what they are attached to
  - policies of resources: [{"ResourceArn": …, "Policy": …}, …]
  - aws iam get-credential-report
docs/import.md shows how to make them. A file is loaded whole or not at all; after an interruption the same command
goes on where it was.

  --add            keep what earlier imports said of the same account
${SHADOW_HELP}

exit code: 0 all is loaded, 1 a file could not be read, 2 wrong use`;

export function importAccount(args: readonly string[], rawOut: Out): Promise<number> {
  const out = plainly(rawOut);
  return told(async () => {
    const { values, positionals } = parsed({
      args: [...args],
      options: { ...SHADOW_OPTIONS, add: { type: 'boolean' } },
      allowPositionals: true,
    });
    if (values.help) {
      out(HELP);
      return 0;
    }
    const [what, ...files] = positionals;
    if (what !== 'account') throw new UsageError('import takes account and files; see --help.');
    if (files.length === 0) throw new UsageError('import account takes files; see --help.');
    const bar = progressBar();
    const options = { add: values.add === true, progress: bar.show };
    const results = await withShadow(values.data, (store) => importFiles(store, files, options), {
      made: true,
    });
    bar.clear();
    if (values.json) out(JSON.stringify({ files: results }, null, 2));
    else for (const result of results) out(lineOf(result));
    return results.some((result) => result.state === 'failed') ? 1 : 0;
  });
}

const NOUNS = {
  user: ['user', 'users'],
  group: ['group', 'groups'],
  role: ['role', 'roles'],
  policy: ['managed policy', 'managed policies'],
  resourcePolicy: ['resource policy', 'resource policies'],
  noResourcePolicy: ['resource without policy', 'resources without policy'],
  credential: ["user's credentials", "users' credentials"],
  organization: ['organization', 'organizations'],
  unit: ['unit', 'units'],
  account: ['account', 'accounts'],
  organizationPolicy: ['organization policy', 'organization policies'],
} as const satisfies Record<keyof FileResult['counts'], readonly [string, string]>;

function lineOf({ file, state, counts, error, resumedAt, isTruncated }: FileResult): string {
  if (error)
    return `FAILED ${file}${error.line === undefined ? '' : `:${error.line}:${error.column}`}: ${error.message}`;
  const parts = Object.entries(NOUNS).flatMap(([kind, [one, many]]) => {
    const count = counts[kind as keyof typeof NOUNS];
    return count ? [`${count.toLocaleString('en')} ${count === 1 ? one : many}`] : [];
  });
  const notes = [
    ...(resumedAt === undefined ? [] : [`went on at byte ${resumedAt.toLocaleString('en')}`]),
    ...(isTruncated ? ['its last page says that there are more: give all pages at once'] : []),
  ];
  return `${state} ${file}: ${[parts.join(', ') || 'nothing in it', ...notes].join('; ')}`;
}

const BAR_WIDTH = 30;
const SHOW_EVERY_MS = 100;

/** On a terminal only. */
function progressBar() {
  const { stderr } = process;
  let shown = 0;
  return {
    show(file: string, done: number, total: number): void {
      if (!stderr.isTTY || Date.now() - shown < SHOW_EVERY_MS) return;
      shown = Date.now();
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const bar = '#'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '.');
      const name = file.length > 40 ? `…${file.slice(-39)}` : file;
      stderr.write(`\r\u001b[K[${bar}] ${Math.floor(share * 100)}% ${name}`);
    },
    clear(): void {
      if (stderr.isTTY) stderr.write('\r\u001b[K');
    },
  };
}
