import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** How large a tree of policies is to be. */
export type TreeSize = {
  /** Packages, each a policy file and a test file. */
  readonly packages: number;
  /** Tests in each test file. */
  readonly tests: number;
};

// The size of a public library: some 1,000 tests in 142 files.
export const librarySize: TreeSize = { packages: 71, tests: 14 };

/**
 * Policies as libraries of Kubernetes and cloud rules have them: violations
 * over lists of things, helper functions, defaults; with tests that give
 * inputs by `with`, and some that replace data or functions.
 */
function generateTree({ packages, tests }: TreeSize): Map<string, string> {
  const files = new Map<string, string>();
  files.set("lib/strings.rego", library());
  for (let index = 0; index < packages; index += 1) {
    const name = `rule_${String(index).padStart(3, "0")}`;
    files.set(`policies/${name}/policy.rego`, policy(name, index));
    files.set(
      `policies/${name}/policy_test.rego`,
      testFile(name, index, tests),
    );
  }
  return files;
}

/** Writes the tree below `folder`. */
export function writeTree(folder: string, size: TreeSize): void {
  for (const [file, text] of generateTree(size)) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function library(): string {
  return `package lib.strings

any_prefix(text, prefixes) if {
	some prefix in prefixes
	startswith(text, prefix)
}

label(object, name) := value if {
	value := object.metadata.labels[name]
} else := ""

has_label(object, name) if label(object, name) != ""

containers contains container if {
	some kind in ["containers", "initContainers", "ephemeralContainers"]
	some container in input.review.object.spec[kind]
}
`;
}

function policy(name: string, index: number): string {
  return `# METADATA
# title: Rule ${index}
# description: Generated rule ${index}.
package policies.${name}

import data.lib.strings

default allow := false

allow if {
	count(violation) == 0
	not exempt
}

default limit := ${10 + (index % 7)}

limit := data.limits.${name} if data.limits.${name} > 0

exempt if input.review.userInfo.username in exempt_users

exempt_users := {"system:admin", "system:node-${index}"}

violation contains {"msg": message, "container": container.name} if {
	some container in strings.containers
	not allowed_image(container.image)
	message := sprintf("container <%v> has the image <%v> of no allowed registry", [container.name, container.image])
}

violation contains {"msg": message, "container": container.name} if {
	some container in strings.containers
	container.securityContext.privileged == true
	message := sprintf("container <%v> is privileged", [container.name])
}

violation contains {"msg": message, "container": container.name} if {
	some container in strings.containers
	to_number(trim_suffix(container.resources.limits.cpu, "m")) > limit * 100
	message := sprintf("container <%v> wants more than %v", [container.name, limit])
}

violation contains {"msg": message, "container": ""} if {
	missing := required_labels - {name | some name, _ in input.review.object.metadata.labels}
	count(missing) > 0
	message := sprintf("labels are missing: %v", [concat(", ", sort(missing))])
}

required_labels := {"app", "owner", "tier-${index % 5}"}

allowed_image(image) if strings.any_prefix(image, ["registry.example/${name}/", "mirror.example/"])

allowed_image(image) if {
	parts := split(image, "@sha256:")
	count(parts) == 2
	regex.match("^[0-9a-f]{64}$", parts[1])
}

severity := "high" if {
	some v in violation
	contains(v.msg, "privileged")
} else := "medium" if {
	count(violation) > 2
} else := "low" if {
	count(violation) > 0
}
`;
}

function testFile(name: string, index: number, tests: number): string {
  const bodies = Array.from({ length: tests }, (_, number) =>
    testRule(name, index, number),
  );
  return `package policies.${name}_test

import data.policies.${name}

labels := {"app": "a", "owner": "o", "tier-${index % 5}": "t"}

pod(containers) := {"review": {
	"userInfo": {"username": "alice"},
	"object": {
		"metadata": {"name": "p", "labels": labels},
		"spec": {"containers": containers},
	},
}}

container(image, extra) := object.union({"name": "c", "image": image}, extra)

${bodies.join("\n")}`;
}

function testRule(name: string, index: number, number: number): string {
  const image = `registry.example/${name}/app:${number}`;
  const title = `test_${number}`;
  const forms: readonly string[] = [
    `${title}_allowed if {
	${name}.allow with input as pod([container("${image}", {})])
}
`,
    `${title}_other_registry if {
	violations := ${name}.violation with input as pod([container("docker.example/app:${number}", {})])
	count(violations) == 1
	some v in violations
	contains(v.msg, "no allowed registry")
}
`,
    `${title}_privileged if {
	document := pod([container("${image}", {"securityContext": {"privileged": true}})])
	${name}.severity == "high" with input as document
	not ${name}.allow with input as document
}
`,
    `${title}_limit if {
	document := pod([container("${image}", {"resources": {"limits": {"cpu": "1900m"}}})])
	not ${name}.allow with input as document
	${name}.allow with input as document with data.limits.${name} as 20
}
`,
    `${title}_mocked if {
	${name}.allow with input as pod([container("x", {})]) with ${name}.allowed_image as true
}
`,
    `${title}_labels if {
	document := {"review": {"userInfo": {"username": "alice"}, "object": {"metadata": {"labels": object.remove(labels, ["app"])}, "spec": {"containers": []}}}}
	${name}.violation == {{"msg": "labels are missing: app", "container": ""}} with input as document
}
`,
    `${title}_cases[note] if {
	some note, tc in {
		"digest": {"image": "x@sha256:${"0123456789abcdef".repeat(4)}", "want": 0},
		"short digest": {"image": "x@sha256:0${index}", "want": 1},
	}
	count(${name}.violation) == tc.want with input as pod([container(tc.image, {})])
}
`,
  ];
  return forms[number % forms.length] as string;
}
