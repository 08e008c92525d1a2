/** The shadow organization's store: a file of its own beside the plane's. Nothing of the live plane is in it. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { settle } from './loads.ts';

export type { Store } from '../store/store.ts';

/** Few rows are read twice while a file is loaded, and chunks are large. */
const cachedRowsMax = 64;

/**
 * Opens it in the plane's folder, made if need be, and finishes what a killed import had begun to publish.
 * @throws Error when another process has it open.
 */
export async function openShadow(data: string): Promise<Store> {
  const folder = folderIn(data);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = (error: unknown) => {
    throw error; // It keeps no journal, so nothing is done behind.
  };
  const options = { attributes: () => [], followers: [], log, cachedRowsMax };
  const store = await openStore(`sqlite:${join(folder, FILE)}`, options);
  await settle(store);
  return store;
}

/** Whether one was ever made there. */
export const hasShadow = (data: string): boolean => existsSync(join(folderIn(data), FILE));

const folderIn = (data: string) => join(data, 'shadow');
const FILE = 'shadow.db';
