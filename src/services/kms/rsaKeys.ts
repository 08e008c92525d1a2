/**
 * New RSA keys. To find the primes takes up to seconds of work. On libuv's thread pool, where node:crypto would do it,
 * three keys at a time leave one thread to the fsync that every request waits for. So a thread of our own makes them,
 * at low priority, and keeps a few ready of each size that was ever asked for.
 */
import { Worker } from 'node:worker_threads';

interface Stock {
  readonly ready: Uint8Array[];
  readonly waiting: { readonly resolve: (key: Uint8Array) => void; readonly reject: (error: unknown) => void }[];
  /** Keys ordered from the thread that have not come yet. */
  ordered: number;
}

/** How many to have ready, by bits. */
const READY_MAX: Readonly<Record<number, number>> = { 2048: 4, 3072: 2, 4096: 2 };

const stocks = new Map<number, Stock>();
let thread: Worker | undefined;

/** A PKCS #8 document. It is the caller's alone. */
export function rsaKey(bits: number): Promise<Uint8Array> {
  const stock = stocks.get(bits) ?? newStock(bits);
  const key = stock.ready.pop();
  const answer = key
    ? Promise.resolve(key)
    : new Promise<Uint8Array>((resolve, reject) => stock.waiting.push({ resolve, reject }));
  order(bits, stock);
  return answer;
}

function newStock(bits: number): Stock {
  const stock: Stock = { ready: [], waiting: [], ordered: 0 };
  stocks.set(bits, stock);
  return stock;
}

function order(bits: number, stock: Stock): void {
  const wanted = stock.waiting.length + (READY_MAX[bits] ?? 0) - stock.ready.length;
  const worker = (thread ??= started());
  for (; stock.ordered < wanted; stock.ordered++) worker.postMessage(bits);
  holdOpen(worker);
}

/** The process lives on for those who wait, not for the stock. */
function holdOpen(worker: Worker): void {
  const isAwaited = [...stocks.values()].some((stock) => stock.waiting.length > 0);
  if (isAwaited) worker.ref();
  else worker.unref();
}

function started(): Worker {
  const worker = new Worker(new URL('./rsaWorker.ts', import.meta.url));
  worker.on('message', ({ bits, key }: { bits: number; key: Uint8Array }) => {
    const stock = stocks.get(bits)!;
    stock.ordered--;
    const first = stock.waiting.shift();
    if (first) first.resolve(key);
    else stock.ready.push(key);
    holdOpen(worker);
  });
  worker.once('error', (error) => {
    thread = undefined;
    for (const stock of stocks.values()) {
      stock.ordered = 0;
      for (const { reject } of stock.waiting.splice(0)) reject(error);
    }
  });
  return worker;
}
