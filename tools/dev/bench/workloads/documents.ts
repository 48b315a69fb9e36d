import { readPolicy, type Workload } from "./workload.ts";

const areas = ["finance", "travel", "office", "training", "legal"];

const rpcBody = JSON.stringify({
  jsonrpc: "2.0",
  id: 7,
  method: "tools/call",
  params: {
    name: "ledger.book",
    arguments: {
      entries: Array.from({ length: 40 }, (_, index) => ({
        key: `${areas[index % areas.length]}/${1_000 + index}`,
        amount: (index * 73) % 1_000,
        note: `booked by planner, line ${index} of the quarterly report`,
      })),
    },
  },
});

/** A JSON-RPC body that the policy itself parses. */
export const jsonRpc: Workload = {
  name: "json-rpc",
  about: "4 kB JSON-RPC body: json.unmarshal, sprintf, split, concat",
  policy: readPolicy("json-rpc"),
  input: { method: "POST", path: "/mcp", body: rpcBody },
  goals: [
    { slower: "opa", faster: "ours", atLeast: 12 },
    { slower: "opaWasm", faster: "ours", atLeast: 2 },
    { slower: "regorus", faster: "ours", atLeast: 2 },
  ],
};

function container(index: number): object {
  return {
    name: `worker-${index}`,
    image:
      index % 4 === 3
        ? "docker.example.test/tools/worker:latest"
        : `registry.example.test/tools/worker:1.${index}.0`,
    command: ["/usr/bin/worker", "--queue", `queue-${index}`, "--log=json"],
    env: Array.from({ length: 6 }, (_, number) => ({
      name: `SETTING_${number}`,
      value: `value ${number} of worker ${index}`,
    })),
    ports: [{ name: "http", containerPort: 8_080 + index, protocol: "TCP" }],
    resources: {
      requests: { cpu: "250m", memory: "256Mi" },
      limits: index % 5 === 4 ? { cpu: "1" } : { cpu: "1", memory: "512Mi" },
    },
    securityContext: {
      privileged: false,
      runAsNonRoot: index % 3 !== 2,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "scratch", mountPath: "/tmp/scratch" }],
  };
}

/** A Pod of ten containers before a Kubernetes admission check. */
export const admission: Workload = {
  name: "admission",
  about: "Kubernetes admission, 9 kB Pod of 10 containers",
  policy: readPolicy("admission"),
  input: {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { group: "", version: "v1", kind: "Pod" },
      operation: "CREATE",
      userInfo: { username: "system:serviceaccount:ci:deployer" },
      object: {
        kind: "Pod",
        apiVersion: "v1",
        metadata: {
          name: "workers",
          namespace: "tools",
          labels: { app: "workers", owner: "team-7" },
        },
        spec: {
          containers: Array.from({ length: 10 }, (_, i) => container(i)),
        },
      },
    },
  },
  goals: [
    { slower: "opa", faster: "ours", atLeast: 10 },
    { slower: "opaWasm", faster: "ours", atLeast: 3 },
    { slower: "regorus", faster: "ours", atLeast: 3 },
  ],
};
