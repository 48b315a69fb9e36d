import {
  compile,
  loadPolicy,
  type Policy,
  PolicyError,
} from "../../../engine/index.ts";

let unmarshaler: Promise<Policy> | undefined;

/**
 * What OPA says of a text that is no JSON. Asked of the sandbox, whose
 * `json.unmarshal` has OPA's words; loaded when the first such text comes.
 */
export async function jsonFault(text: string): Promise<string> {
  unmarshaler ??= loadUnmarshaler();
  try {
    (await unmarshaler).evaluate(text);
  } catch (error) {
    return PolicyError.from(error).rawMessage.replace(/^json\.unmarshal: /, "");
  }
  return "invalid JSON";
}

function loadUnmarshaler(): Promise<Policy> {
  const compiled = compile({
    modules: {
      "fault.rego": "package fault\n\nvalue := json.unmarshal(input)\n",
    },
    entrypoints: ["fault/value"],
  });
  if ("errors" in compiled) {
    throw PolicyError.from(compiled.errors[0]);
  }
  return loadPolicy(compiled.policy.wasm, { strictBuiltinErrors: true });
}
