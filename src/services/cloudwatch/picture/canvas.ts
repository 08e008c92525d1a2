/** A picture of pixels: rectangles, lines, small capitals; and its PNG (RFC 2083, true colour, 8 bits). */
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import { glyphOf } from './font.ts';

export type Color = readonly [red: number, green: number, blue: number];

export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel, row by row. */
  readonly pixels: Uint8Array;
}

export function canvas(width: number, height: number, background: Color): Canvas {
  const made = { width, height, pixels: new Uint8Array(width * height * 3) };
  rectangle(made, 0, 0, width, height, background);
  return made;
}

/** `share`: how much of the colour is laid over what is there. */
function dot({ width, height, pixels }: Canvas, x: number, y: number, color: Color, share = 1): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = (y * width + x) * 3;
  if (share === 1) {
    pixels[at] = color[0];
    pixels[at + 1] = color[1];
    pixels[at + 2] = color[2];
    return;
  }
  for (let i = 0; i < 3; i++) pixels[at + i] = Math.round(pixels[at + i]! * (1 - share) + color[i]! * share);
}

export function rectangle(
  on: Canvas,
  left: number,
  top: number,
  width: number,
  height: number,
  color: Color,
  share = 1,
): void {
  const right = Math.min(on.width, Math.round(left + width));
  const bottom = Math.min(on.height, Math.round(top + height));
  for (let y = Math.max(0, Math.round(top)); y < bottom; y++) {
    for (let x = Math.max(0, Math.round(left)); x < right; x++) dot(on, x, y, color, share);
  }
}

export type Point = readonly [x: number, y: number];

/** A straight line, two pixels wide. */
export function line(on: Canvas, from: Point, to: Point, color: Color): void {
  const [wide, high] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
  const steps = Math.max(1, Math.ceil(Math.max(wide, high)));
  const [dx, dy] = wide < high ? [1, 0] : [0, 1];
  for (let step = 0; step <= steps; step++) {
    const x = Math.round(from[0] + ((to[0] - from[0]) * step) / steps);
    const y = Math.round(from[1] + ((to[1] - from[1]) * step) / steps);
    dot(on, x, y, color);
    dot(on, x + dx, y + dy, color);
  }
}

/** A slice of a disc; angles in radians, clockwise from the top. */
export function sector(
  on: Canvas,
  [centerX, centerY]: Point,
  radius: number,
  { from, to }: { readonly from: number; readonly to: number },
  color: Color,
): void {
  for (let y = Math.ceil(centerY - radius); y <= centerY + radius; y++) {
    for (let x = Math.ceil(centerX - radius); x <= centerX + radius; x++) {
      const [dx, dy] = [x - centerX, y - centerY];
      if (dx * dx + dy * dy > radius * radius) continue;
      const angle = (Math.atan2(dx, -dy) + 2 * Math.PI) % (2 * Math.PI);
      if (angle >= from && angle < to) dot(on, x, y, color);
    }
  }
}

const SCALE = 2;
/** Pixels from one letter to the next, and of a line of text. */
export const LETTER_WIDTH = 4 * SCALE;
export const TEXT_HEIGHT = 5 * SCALE;

export const widthOf = (text: string) => text.length * LETTER_WIDTH;

/** Text by its upper left corner. */
export function write(on: Canvas, text: string, left: number, top: number, color: Color): void {
  for (const [place, letter] of [...text].entries()) {
    for (const [row, bits] of glyphOf(letter).entries()) {
      for (let column = 0; column < 3; column++) {
        if ((bits & (4 >> column)) === 0) continue;
        const x = Math.round(left) + place * LETTER_WIDTH + column * SCALE;
        rectangle(on, x, Math.round(top) + row * SCALE, SCALE, SCALE, color);
      }
    }
  }
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const compress = promisify(deflate);

export async function png({ width, height, pixels }: Canvas): Promise<Buffer> {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  // Each row begins with the number of its filter: none.
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    rows.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (width * 3 + 1) + 1);
  }
  const data = await compress(rows);
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
