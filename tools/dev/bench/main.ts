import { opaBinary } from "../../../test/support/opa-binary.ts";
import { measureEngine } from "./engine.ts";
import { sampleInput } from "./sample-input.ts";
import { measureServers } from "./servers.ts";

// `npm run bench`: ratios, all sides measured in this run on the same request.
if (opaBinary() === undefined) {
  console.log(
    "not found: genuine OPA (npm run oracle installs it); its rows are left out",
  );
}
const input = sampleInput();
const engine = await measureEngine(input);
const servers = await measureServers();

console.log(
  `input document: ${input.length} bytes; CPU microseconds a decision or request`,
);
row("tool_scope, ours, bytes in", engine.ours);
row("tool_scope, opa build -t wasm in the SDK, bytes in", engine.opaWasm);
row("tool_scope, opa bench (Go, input already parsed)", engine.opaGo);
row("four guards, ours, bytes in", engine.pipeline);
row("no-op grpc-js server", servers.noopGrpc);
row("our gRPC server", servers.grpc);
row("our HTTP mode", servers.http);
console.log();
ratio("OPA's WASM / ours (goal at least 4)", engine.opaWasm, engine.ours);
ratio("OPA in Go / ours (goal at least 10)", engine.opaGo, engine.ours);
ratio(
  "four guards / no-op gRPC (goal at most 0.35)",
  engine.pipeline,
  servers.noopGrpc,
);
ratio(
  "our gRPC / no-op gRPC (goal at most 1.4)",
  servers.grpc,
  servers.noopGrpc,
);
ratio("our HTTP / our gRPC (goal at most 0.5)", servers.http, servers.grpc);

function row(label: string, figure: number | undefined): void {
  console.log(
    `${label.padEnd(52)} ${figure === undefined ? "-" : figure.toFixed(2).padStart(9)}`,
  );
}

function ratio(label: string, above: number | undefined, below: number): void {
  console.log(
    `${label.padEnd(52)} ${above === undefined ? "-" : (above / below).toFixed(2).padStart(9)}`,
  );
}
