/**
 * Committed rows in memory, and the certainty that a row is absent (null). Two generations bound it without a list of
 * uses: what is read moves to the young one; when that is full, the old one is dropped and the young one grows old.
 */
export interface RowCache {
  /** The row, null when there is certainly none, undefined when not known here. */
  get(key: string): object | null | undefined;
  set(key: string, row: object | null): void;
  drop(key: string): void;
  clear(): void;
  /** Whether to keep anything at all. */
  enable(on: boolean): void;
}

export function rowCache(rowsMax: number): RowCache {
  let young = new Map<string, object | null>();
  let old = new Map<string, object | null>();
  let enabled = true;
  const set = (key: string, row: object | null): void => {
    if (!enabled) return;
    if (young.size >= rowsMax / 2) {
      old = young;
      young = new Map();
    }
    young.set(key, row);
  };
  const clear = (): void => {
    young.clear();
    old.clear();
  };
  return {
    get(key) {
      const fresh = young.get(key);
      if (fresh !== undefined) return fresh;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    set,
    drop(key) {
      young.delete(key);
      old.delete(key);
    },
    clear,
    enable(on) {
      enabled = on;
      if (!on) clear();
    },
  };
}

/**
 * Freezes a row all the way down, because all readers share it.
 * @throws TypeError for what would not come back from JSON as it is (a Date, a Map, bytes, a function).
 */
export function freezeRow<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) freezeObject(value);
  else if (typeof value === 'function' || typeof value === 'bigint') throw unstorable(typeof value);
  return value;
}

function freezeObject(value: object): void {
  if (Array.isArray(value)) {
    for (const item of value) freezeRow(item);
  } else {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw unstorable(value.constructor.name);
    for (const name in value) freezeRow((value as Record<string, unknown>)[name]);
  }
  Object.freeze(value);
}

function unstorable(what: string): TypeError {
  return new TypeError(`a row holds a ${what}, which JSON cannot keep as it is`);
}
