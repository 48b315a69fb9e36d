// What every OPA host gives a module.
@external("env", "opa_abort")
export declare function opa_abort(text: usize): void;
@external("env", "opa_println")
export declare function opa_println(text: usize): void;
@external("env", "opa_builtin0")
export declare function opa_builtin0(id: i32, ctx: usize): u32;
@external("env", "opa_builtin1")
export declare function opa_builtin1(id: i32, ctx: usize, a: u32): u32;
@external("env", "opa_builtin2")
export declare function opa_builtin2(id: i32, ctx: usize, a: u32, b: u32): u32;
@external("env", "opa_builtin3")
export declare function opa_builtin3(id: i32, ctx: usize, a: u32, b: u32, c: u32): u32;
@external("env", "opa_builtin4")
export declare function opa_builtin4(id: i32, ctx: usize, a: u32, b: u32, c: u32, d: u32): u32;
// The linker points this at the policy's dispatcher.
@external("policy", "eval")
export declare function policy_eval(entrypoint: i32, input: u32, data: u32): u32;
