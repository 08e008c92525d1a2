/** The project's own source files, for tests about the code itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** Absolute paths of the TypeScript files below a folder of the project. */
export function sources(folder: string): string[] {
  const top = join(root, folder);
  const names = readdirSync(top, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(top, name));
}

/** Tests, and what only tests are made of. */
export const isTest = (file: string) => /\.(?:test|fixture)\.ts$|\/conformance\/|\/fixtures\.ts$/.test(file);

export const textOf = (file: string) => readFileSync(file, 'utf8');

const IMPORT = /^(?:import|export)\b[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm;

export function importsOf(file: string): string[] {
  return [...textOf(file).matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3]!);
}
