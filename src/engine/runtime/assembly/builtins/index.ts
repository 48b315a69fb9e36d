// Every builtin that runs inside the sandbox, by its export name.
export * from "./collections";
export * from "./numbers";
export * from "./strings";
export * from "./types";
