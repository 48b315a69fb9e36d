export { parseConfig, readConfig, type ServerConfig } from "./config.ts";
export { createServer, type Server } from "./server.ts";
