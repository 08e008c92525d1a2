/** Commands about an instance of IAM Identity Center: words become a request to a page of the plane's own. */
import { linesOf } from './lines.ts';
import { planeOf, told } from './plane.ts';
import { signedPage } from './signedPage.ts';

export interface PageRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly content?: object;
}

type Given = Parameters<typeof planeOf>[0] & {
  readonly help?: boolean | undefined;
  readonly instance?: string | undefined;
  readonly json?: boolean | undefined;
};

interface Rules<V extends Given> {
  readonly help: string;
  readonly parse: (args: readonly string[]) => { readonly values: V; readonly positionals: readonly string[] };
  /** @throws UsageError for words that the command does not take */
  readonly requestOf: (words: readonly string[], values: V) => PageRequest;
}

/** Prints what the page says, as lines or with `--json` as it is. */
export const instanceCommand =
  <V extends Given>({ help, parse, requestOf }: Rules<V>) =>
  (args: readonly string[], out: (line: string) => void): Promise<number> =>
    told(async () => {
      const { values, positionals } = parse(args);
      if (values.help) {
        out(help);
        return 0;
      }
      const { method, path, content } = requestOf(positionals, values);
      const query: Record<string, string> = values.instance === undefined ? {} : { instance: values.instance };
      const facts = await signedPage<object>(planeOf(values), method, path, query, content);
      out(values.json ? JSON.stringify(facts, null, 2) : linesOf(facts).join('\n'));
      return 0;
    });
