/** The files of a new guard by their paths; it denies methods that are not listed. */
export function guardFiles(name: string): Readonly<Record<string, string>> {
  return {
    [`guards/${name}/guard.yaml`]: `name: ${name}
description: Denies every request whose method is not listed.
version: 0.1.0
entrypoint: guards/${name}/verdict
reads:
  - attributes.request.http.method
`,
    [`guards/${name}/guard.rego`]: `# METADATA
# description: Denies every request whose method is not listed.
package guards.${name}

# METADATA
# description: One reason for each thing that is wrong; none lets the request pass.
# entrypoint: true
verdict contains {"code": "method_not_allowed", "reason": reason} if {
	not _method in _methods
	reason := sprintf("the method %s is not allowed", [_method])
}

_method := input.attributes.request.http.method

_methods := {"GET", "HEAD", "POST"}
`,
    [`guards/${name}/guard_test.rego`]: `package guards_test.${name}

import data.guards.${name}

_verdict(method) := reasons if {
	reasons := ${name}.verdict with input.attributes.request.http.method as method
}

test_listed_method_passes if _verdict("GET") == set()

test_other_method_is_denied if {
	some denial in _verdict("DELETE")
	denial.code == "method_not_allowed"
}
`,
    [`guards/${name}/cases/methods.yaml`]: `# Requests through all guards in their order, and what becomes of them.
cases:
  - note: a listed method passes
    request: { method: GET, path: / }
    want: { verdict: allow }
  - note: another method is denied
    request: { method: DELETE, path: / }
    want: { verdict: deny, guard: ${name}, code: method_not_allowed, httpStatus: 403 }
`,
    [`guards/${name}/README.md`]: `# ${name}

Denies every request whose method is not listed in \`guard.rego\`.

| code | when |
|---|---|
| \`method_not_allowed\` | the method is not listed |

\`portcullis test -b .\` runs its tests, and the requests in \`cases/\` through all guards.
`,
  };
}

/** A configuration that serves the folder it is in. */
export const configuration = `# Everything has a default; docs/portcullis.schema.json says what there is.
bundle: { source: . }
`;

/** An order of guards that has one. */
export function pipelineWith(name: string): string {
  return `# The order in which the guards judge a request; the first denial ends it.
pipeline:
  - guard: ${name}
`;
}
