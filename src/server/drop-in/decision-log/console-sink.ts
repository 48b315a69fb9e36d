import type { DestinationStream } from "pino";
import { LineBatch } from "../../decision-log/line-batch.ts";
import {
  type DecisionEvent,
  type DecisionInfo,
  eventOrder,
  membersJson,
} from "./decision-event.ts";
import type { DecisionSink } from "./decision-logger.ts";

/** One line of JSON a decision, as OPA's console logger writes it. */
export function createConsoleSink(stream: DestinationStream): DecisionSink {
  const lines = new LineBatch(stream);
  return {
    write: (event, info) => lines.add(consoleLine(event, info)),
    close: async () => lines.flush(),
  };
}

const fixed = {
  level: '"info"',
  msg: '"Decision Log"',
  type: '"openpolicyagent.org/decision_logs"',
};

// Sorted, as that logger does.
const lineOrder = [...eventOrder, ...Object.keys(fixed), "time"].sort();

function consoleLine(event: DecisionEvent, { error }: DecisionInfo): string {
  const line = new Map([...event, ...Object.entries(fixed)]);
  line.set("time", JSON.stringify(`${new Date().toISOString().slice(0, 19)}Z`));
  if (error) {
    line.set("error", JSON.stringify(error.text));
  }
  if (line.get("labels") === "{}") {
    line.delete("labels");
  }
  return membersJson(line, lineOrder);
}
