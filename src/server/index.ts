export { casesShape, type PlacedCase, readCases } from "./cases/case-file.ts";
export { type CaseRunner, createCaseRunner } from "./cases/run-case.ts";
export type { CompareReport } from "./compare/observations.ts";
export { parseConfig, readConfig, type ServerConfig } from "./config.ts";
export { messageTypes } from "./gen/message-types.ts";
export {
  checkOpaConfig,
  type FoundKey,
  type OpaConfig,
} from "./migrate/check-opa-config.ts";
export { checkPolicy, type PolicyFindings } from "./migrate/check-policy.ts";
export { guardFiles, toServerConfig } from "./migrate/write-source.ts";
export {
  type ReplayOptions,
  type ReplayReport,
  replay,
} from "./replay/replay.ts";
export { createServer, type Server } from "./server.ts";
