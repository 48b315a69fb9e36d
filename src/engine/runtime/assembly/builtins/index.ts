// Every builtin that runs inside the sandbox, by its export name.
export * from "./collections";
export * from "./encoding";
export * from "./glob";
export * from "./hash";
export * from "./jwt";
export * from "./net-cidr";
export * from "./numbers";
export * from "./regex-builtins";
export * from "./sprintf";
export * from "./strings";
export * from "./types";
export * from "./units";
