/** What objects are packed with. */
import { promisify } from 'node:util';
import { crc32, deflateRaw, gzip } from 'node:zlib';
import { notImplemented } from '../../core/errors.ts';

interface Packing {
  readonly extension: string;
  /** `name`: of the entry, where the format has entries; `time`: milliseconds. */
  readonly pack: (bytes: Buffer, name: string, time: number) => Promise<Uint8Array>;
}

const packed = promisify(gzip);
const deflated = promisify(deflateRaw);

const PACKINGS: Readonly<Record<string, Packing>> = {
  UNCOMPRESSED: { extension: '', pack: async (bytes) => bytes },
  GZIP: { extension: '.gz', pack: (bytes) => packed(bytes) },
  ZIP: { extension: '.zip', pack: zipped },
};

/** @throws NotImplemented of a format that this plane does not write */
export function packingOf(format: string | undefined): Packing {
  return PACKINGS[format ?? 'UNCOMPRESSED'] ?? notImplemented(`The compression format ${format}`);
}

/** An archive of one entry. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
async function zipped(bytes: Buffer, name: string, time: number): Promise<Uint8Array> {
  const body = await deflated(bytes);
  const title = Buffer.from(name, 'utf8');
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // Version that is needed.
  common.writeUInt16LE(0x0800, 2); // Names are UTF-8.
  common.writeUInt16LE(8, 4); // Deflated.
  common.writeUInt32LE(dosTime(time), 6);
  common.writeUInt32LE(crc32(bytes), 10);
  common.writeUInt32LE(body.length, 14);
  common.writeUInt32LE(bytes.length, 18);
  common.writeUInt16LE(title.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, title]);
  const attributes = Buffer.alloc(14); // Comment, disk, attributes, and the offset of the entry: 0.
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, attributes, title]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length + body.length, 16);
  return Buffer.concat([local, body, central, end]);
}

/** Two seconds are the finest that it tells; it begins in 1980. */
function dosTime(time: number): number {
  const at = new Date(time);
  const day = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const clock = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return ((day << 16) | clock) >>> 0;
}
