import { measureEngine } from "./engine.ts";
import { printFigure, printHeading, printRatio, quotient } from "./report.ts";
import { sampleInput } from "./sample-input.ts";
import { measureServers } from "./servers.ts";

/** The shipped guards, and the servers around them, on one request. */
export async function measureGuardsAndServers(): Promise<void> {
  const input = sampleInput();
  const engine = await measureEngine(input);
  const servers = await measureServers();
  printHeading("server", `the shipped guards, ${input.length} bytes of input`);
  printFigure("tool_scope, ours, bytes in", engine.ours, "µs");
  printFigure("tool_scope, OPA's WASM in the SDK", engine.opaWasm, "µs");
  printFigure("tool_scope, opa bench (input parsed)", engine.opaGo, "µs");
  printFigure("four guards, ours, bytes in", engine.pipeline, "µs");
  printFigure("no-op grpc-js server", servers.noopGrpc, "µs");
  printFigure("our gRPC server", servers.grpc, "µs");
  printFigure("our HTTP mode", servers.http, "µs");
  const ratios = [
    ["OPA's WASM ÷ ours", engine.opaWasm, engine.ours, { atLeast: 4 }],
    ["OPA in Go ÷ ours", engine.opaGo, engine.ours, { atLeast: 10 }],
    [
      "four guards ÷ no-op gRPC",
      engine.pipeline,
      servers.noopGrpc,
      { atMost: 0.35 },
    ],
    ["our gRPC ÷ no-op gRPC", servers.grpc, servers.noopGrpc, { atMost: 1.4 }],
    ["our HTTP ÷ our gRPC", servers.http, servers.grpc, { atMost: 0.5 }],
  ] as const;
  for (const [label, above, below, target] of ratios) {
    printRatio(label, quotient(above, below), target);
  }
}
