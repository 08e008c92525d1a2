/** Commands as the SDK's own modules have them, for models of which no published client can be had here. */
import { Command } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';

export interface CommandOf<In, Out> {
  new (
    input: In,
  ): {
    readonly input: In;
    resolveMiddleware(...stack: never[]): (...request: never[]) => Promise<{ output: Out }>;
  };
}

const ENDPOINT = {
  Endpoint: { type: 'builtInParams', name: 'endpoint' },
  Region: { type: 'builtInParams', name: 'region' },
} as const;

/** What makes the commands of a service: `schema` is that of the operation `name`. */
export const commandsOf =
  (service: string, client: string) =>
  <In extends object, Out>(name: string, schema: unknown): CommandOf<In, Out> => {
    const built = Command.classBuilder()
      .ep(ENDPOINT)
      .m((Made, _stack, config) => [getEndpointPlugin(config as never, Made.getEndpointParameterInstructions())])
      .s(service, name, {})
      .n(client, `${name}Command`)
      .sc(schema as never)
      .build();
    return built as unknown as CommandOf<In, Out>;
  };
