/** A command, run to its end: what it answered, line by line, and what it said on standard error. */
import { mock } from 'node:test';

type Command = (args: readonly string[], out: (line: string) => void) => Promise<number>;

export async function said(command: Command, ...args: string[]) {
  const lines: string[] = [];
  const error = mock.method(console, 'error', () => undefined);
  try {
    const code = await command(args, (line) => lines.push(line));
    const err = error.mock.calls.map((call) => call.arguments.join(' ')).join('\n');
    return { code, lines, text: lines.join('\n'), err };
  } finally {
    error.mock.restore();
  }
}
