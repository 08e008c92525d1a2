/**
 * A log file while it is gathered: the records of one account in one Region, as text of bounded length, with its hash.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
 */
import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Dice } from '../../core/ids.ts';

/** How many characters are gathered before they become bytes. */
const PIECE_LENGTH = 65_536;

export interface LogFile {
  /** Bytes so far, uncompressed. */
  bytes: number;
  count: number;
  /** Milliseconds, of the events within. */
  oldest: number;
  newest: number;
  /** Not yet among the pieces. */
  text: string;
  readonly pieces: Buffer[];
  readonly hash: Hash;
  readonly wrapping: Wrapping;
}

/** What stands before, between and behind the records. */
export interface Wrapping {
  readonly open: string;
  readonly between: string;
  readonly close: string;
}

const RECORDS: Wrapping = { open: '{"Records":[', between: ',', close: ']}' };
/** A record a line. */
export const LINES: Wrapping = { open: '', between: '\n', close: '' };

export function newLogFile(wrapping = RECORDS): LogFile {
  return {
    bytes: 0,
    count: 0,
    oldest: Number.POSITIVE_INFINITY,
    newest: Number.NEGATIVE_INFINITY,
    text: wrapping.open,
    pieces: [],
    hash: createHash('sha256'),
    wrapping,
  };
}

/** `body` is the JSON of one record. */
export function addRecord(file: LogFile, body: string, time: number): void {
  file.text += file.count === 0 ? body : file.wrapping.between + body;
  file.count++;
  if (time < file.oldest) file.oldest = time;
  if (time > file.newest) file.newest = time;
  if (file.text.length >= PIECE_LENGTH) settle(file);
}

function settle(file: LogFile): void {
  const piece = Buffer.from(file.text);
  file.hash.update(piece);
  file.pieces.push(piece);
  file.bytes += piece.length;
  file.text = '';
}

export interface PackedFile {
  /** gzip of the whole file. */
  readonly data: Buffer;
  /** SHA-256 of what is compressed, in hexadecimal. */
  readonly hash: string;
}

/** Of repetitive text: half the work of the standard level, for three bytes in a hundred. */
const LEVEL = 3;

const compressed = promisify(gzip) as (bytes: Uint8Array, options: object) => Promise<Buffer>;

/** Ends the file. It is compressed by a thread of the pool: the event loop goes on meanwhile. */
export async function packed(file: LogFile): Promise<PackedFile> {
  file.text += file.wrapping.close;
  settle(file);
  const data = await compressed(Buffer.concat(file.pieces), { chunkSize: PIECE_LENGTH, level: LEVEL });
  return { data, hash: file.hash.digest('hex') };
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `<Region>/YYYY/MM/DD/<account>_CloudTrail_<Region>_YYYYMMDDTHHmmZ_<16 random>.json.gz` */
export function fileName(place: { account: string; region: string }, kind: string, now: Date, dice: Dice): string {
  const { account, region } = place;
  const random = Array.from(dice.random(16), (byte) => LETTERS[byte % LETTERS.length]).join('');
  const minute = `${now.toISOString().slice(0, 16).replace(/[-:]/g, '')}Z`;
  return `${region}/${dayPath(now)}/${account}_${kind}_${region}_${minute}_${random}.json.gz`;
}

/** `YYYY/MM/DD` */
export const dayPath = (time: Date): string => time.toISOString().slice(0, 10).replaceAll('-', '/');
