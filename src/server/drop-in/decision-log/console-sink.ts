import type { DestinationStream } from "pino";
import type { DecisionEvent, DecisionInfo } from "./decision-event.ts";
import type { DecisionSink } from "./decision-logger.ts";

/** One line of JSON a decision, as OPA's console logger writes it. */
export function createConsoleSink(stream: DestinationStream): DecisionSink {
  return {
    write: (event, info) => stream.write(`${consoleLine(event, info)}\n`),
    close: async () => {},
  };
}

function consoleLine(event: DecisionEvent, { error }: DecisionInfo): string {
  const members: (readonly [string, string])[] = [
    ...[...event].filter(([name]) => name !== "error"),
    ...(error ? [["error", JSON.stringify(error.text)] as const] : []),
    ["level", '"info"'],
    ["msg", '"Decision Log"'],
    ["time", JSON.stringify(new Date().toISOString().replace(/\.\d+/, ""))],
    ["type", '"openpolicyagent.org/decision_logs"'],
  ];
  const shown = members
    .filter(([name, json]) => name !== "labels" || json !== "{}")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`);
  return `{${shown.join(",")}}`;
}
