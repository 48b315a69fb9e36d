export { casesShape, type PlacedCase, readCases } from "./cases/case-file.ts";
export {
  type CaseFaults,
  type CaseRunner,
  compareCase,
  createCaseJudge,
  createCaseRunner,
  type Found,
} from "./cases/run-case.ts";
export type { CompareReport } from "./compare/observations.ts";
export { parseConfig, readConfig, type ServerConfig } from "./config.ts";
export { type Documents, noDocuments } from "./drop-in/documents.ts";
export {
  createOpaServer,
  type LogLevel,
  logLevels,
  type OpaServer,
} from "./drop-in/opa-server.ts";
export type { RestOptions } from "./drop-in/rest/rest-listener.ts";
export { messageTypes } from "./gen/message-types.ts";
export {
  checkOpaConfig,
  type FoundKey,
  type OpaConfig,
} from "./migrate/check-opa-config.ts";
export { checkPolicy, type PolicyFindings } from "./migrate/check-policy.ts";
export { guardFiles, toServerConfig } from "./migrate/write-source.ts";
export { readOpaConfig } from "./opa-config/opa-config.ts";
export {
  type ReplayOptions,
  type ReplayReport,
  replay,
} from "./replay/replay.ts";
export { createServer, type Server } from "./server.ts";
