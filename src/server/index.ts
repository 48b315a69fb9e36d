export { parseConfig, readConfig, type ServerConfig } from "./config.ts";
export { messageTypes } from "./gen/message-types.ts";
export { createServer, type Server } from "./server.ts";
