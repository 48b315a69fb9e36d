/** What builtins keep between calls is forgotten when a decision begins. */
export function startBuiltins(): void {}
