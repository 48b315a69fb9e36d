export { casesShape, type PlacedCase, readCases } from "./cases/case-file.ts";
export { type CaseRunner, createCaseRunner } from "./cases/run-case.ts";
export { parseConfig, readConfig, type ServerConfig } from "./config.ts";
export { messageTypes } from "./gen/message-types.ts";
export {
  type ReplayOptions,
  type ReplayReport,
  replay,
} from "./replay/replay.ts";
export { createServer, type Server } from "./server.ts";
