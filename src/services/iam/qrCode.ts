/** QR codes as PNG pictures (RFC 2083): one bit a pixel, five pixels a module, a quiet zone of four modules. */
import { crc32, deflateSync } from 'node:zlib';

const PIXELS_PER_MODULE = 5;
const QUIET_MODULES = 4;

/** The picture of `text`, up to about 2,900 characters. */
export async function qrCodePng(text: string): Promise<Uint8Array> {
  const { default: qrcode } = await import('qrcode-generator');
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const modules = code.getModuleCount();
  const side = (modules + 2 * QUIET_MODULES) * PIXELS_PER_MODULE;
  const isDark = (y: number, x: number) => {
    const row = Math.floor(y / PIXELS_PER_MODULE) - QUIET_MODULES;
    const column = Math.floor(x / PIXELS_PER_MODULE) - QUIET_MODULES;
    return row >= 0 && column >= 0 && row < modules && column < modules && code.isDark(row, column);
  };
  return png(side, isDark);
}

function png(side: number, isDark: (y: number, x: number) => boolean): Uint8Array {
  const rowBytes = 1 + Math.ceil(side / 8); // A scan line begins with its filter: none.
  const pixels = Buffer.alloc(rowBytes * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!isDark(y, x)) pixels[y * rowBytes + 1 + (x >> 3)]! |= 0x80 >> (x & 7);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.writeUInt8(1, 8); // Bits a pixel; the other bytes say greyscale, deflate, not interlaced.
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [signature, chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat(parts);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
