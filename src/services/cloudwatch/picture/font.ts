/** Letters of three by five pixels: a digit for each row, whose bits are the pixels from left to right. */

const GLYPHS: Readonly<Record<string, string>> = {
  ' ': '00000',
  '0': '75557',
  '1': '26227',
  '2': '71747',
  '3': '71717',
  '4': '55711',
  '5': '74717',
  '6': '74757',
  '7': '71122',
  '8': '75757',
  '9': '75717',
  A: '25755',
  B: '65656',
  C: '34443',
  D: '65556',
  E: '74647',
  F: '74644',
  G: '34553',
  H: '55755',
  I: '72227',
  J: '11152',
  K: '55655',
  L: '44447',
  M: '57755',
  N: '65555',
  O: '25552',
  P: '65644',
  Q: '25563',
  R: '65655',
  S: '34216',
  T: '72222',
  U: '55557',
  V: '55552',
  W: '55775',
  X: '55255',
  Y: '55222',
  Z: '71247',
  '.': '00002',
  ',': '00024',
  ':': '02020',
  ';': '02024',
  '-': '00700',
  '+': '02720',
  _: '00007',
  '/': '11244',
  '\\': '44211',
  '%': '51245',
  '(': '12221',
  ')': '42224',
  '[': '32223',
  ']': '62226',
  '{': '32623',
  '}': '62326',
  '<': '12421',
  '>': '42124',
  '=': '07070',
  '*': '05250',
  '#': '57575',
  '!': '22202',
  '?': '71202',
  '"': '55000',
  "'": '22000',
  '`': '42000',
  '&': '25256',
  '@': '25743',
  $: '36763',
  '^': '25000',
  '|': '22222',
  '~': '03600',
};

const UNKNOWN = '77777';
const drawn = new Map<string, readonly number[]>();

/** Rows of a letter, from above. Small letters are capitals; what is not known is a block. */
export function glyphOf(letter: string): readonly number[] {
  const capital = letter.toUpperCase();
  let rows = drawn.get(capital);
  if (!rows) {
    rows = Array.from(Object.hasOwn(GLYPHS, capital) ? GLYPHS[capital]! : UNKNOWN, Number);
    if (drawn.size < 1_000) drawn.set(capital, rows);
  }
  return rows;
}
