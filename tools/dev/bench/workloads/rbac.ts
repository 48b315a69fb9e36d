import { type Goal, readPolicy, type Workload } from "./workload.ts";

const verbs = ["read", "list", "write", "share", "comment", "export"];

const goals: readonly Goal[] = [
  { slower: "opa", faster: "ours", atLeast: 50 },
  { slower: "opaWasm", faster: "ours", atLeast: 3 },
];

/** A role-based decision with functions, inherited roles and `every`, on 1.7 kB. */
export const rbac: Workload = {
  name: "rbac",
  about: "RBAC with functions and every",
  policy: readPolicy("rbac"),
  data: {
    networks: ["office", "vpn", "datacentre"],
    suspended: Array.from({ length: 20 }, (_, index) => `user-${index * 7}`),
    limits: { session: 28_800 },
    labels: { public: 0, internal: 1, confidential: 2, secret: 3 },
    inherits: {
      lead: ["member", "reviewer"],
      member: ["guest"],
      auditor: ["guest", "reviewer"],
    },
    grants: {
      guest: [
        { actions: ["read"], types: ["page"], scope: "any" },
        { actions: ["list"], types: ["page", "folder"], scope: "any" },
      ],
      reviewer: [
        { actions: ["comment"], types: ["document"], scope: "tenant" },
        { actions: ["read", "list"], types: ["document"], scope: "own" },
      ],
      member: [
        { actions: ["read"], types: ["folder"], scope: "tenant" },
        { actions: ["read", "list"], types: ["document"], scope: "tenant" },
        { actions: ["write"], types: ["document"], scope: "own" },
      ],
      auditor: [
        { actions: ["export"], types: ["audit"], scope: "any" },
        { actions: ["read", "export"], types: ["*"], scope: "tenant" },
      ],
      lead: [{ actions: ["share", "write"], types: ["*"], scope: "tenant" }],
    },
  },
  input: {
    subject: {
      id: "user-4711",
      name: "Ada Example",
      email: "ada.example@tenant-7.test",
      tenant: "tenant-7",
      status: "active",
      clearance: 2,
      roles: ["lead", "auditor"],
      groups: Array.from(
        { length: 8 },
        (_, index) => `group-${index}-of-staff`,
      ),
      session: {
        id: "b1946ac92492d2347c6235b4d2611184",
        started: 1_799_990_000,
      },
    },
    resource: {
      id: "doc-90210",
      type: "document",
      tenant: "tenant-7",
      owner: "user-4711",
      labels: ["internal", "confidential"],
      title: "Quarterly report with open questions",
      path: ["shared", "finance", "reports", "q3", "report.md"],
      size: 48_213,
    },
    actions: verbs,
    context: {
      now: 1_800_000_000,
      network: "vpn",
      address: "10.20.30.40",
      request_id: "6f1ed002-ab5e-4d2c-9a3b-0123456789ab",
      trace: { id: "4bf92f3577b34da6a3ce929d0e0e4736", sampled: true },
      agent: "planner/2.3 (linux; x86_64)",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        host: "documents.tenant-7.test",
        "user-agent": "planner/2.3 (linux; x86_64) documents-client/1.9.12",
        "x-forwarded-for": "10.20.30.40, 10.0.0.7, 10.0.0.1",
        "x-request-id": "6f1ed002-ab5e-4d2c-9a3b-0123456789ab",
        "accept-language": "en-GB,en;q=0.8,de;q=0.5",
        "accept-encoding": "gzip, br",
        cookie: `session=${"b1946ac92492d2347c6235b4d2611184".repeat(4)}; theme=dark`,
        referer: "https://documents.tenant-7.test/shared/finance/reports/q3/",
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "x-envoy-expected-rq-timeout-ms": "15000",
      },
    },
  },
  goals,
};
