import { openSqlite } from './sqlite.ts';
import type { Store, StoreOptions } from './store.ts';

/**
 * Opens the store that a URL names: `sqlite:path`, `:memory:` (nothing on disk) or `postgres://…`.
 * @throws Error for another kind of URL, and when it cannot be opened.
 */
export async function openStore(url: string, options: StoreOptions): Promise<Store> {
  if (url === ':memory:' || url === 'sqlite::memory:') return openSqlite(':memory:', options);
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length), options);
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.ts');
    return openPostgres(url, options);
  }
  throw new Error(`no store is called ${url}: use sqlite:PATH, :memory: or postgres://…`);
}
