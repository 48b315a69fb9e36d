import { hostBuiltins } from "../../builtins/index.ts";
import { loadRevision, type SourceFiles } from "../../bundle/index.ts";
import type { CoverageReport, HostBuiltin } from "../../engine/index.ts";
import type { ServerConfig } from "../config.ts";
import { DocumentReplay, type ReplayDocuments } from "./document-replay.ts";
import { lazily, pointersRead, type ReadsPointer } from "./input-paths.ts";
import { incomparable, type Judgement } from "./judgement.ts";
import {
  createPipelineReplay,
  type PipelineReplay,
} from "./pipeline-replay.ts";
import { type LogBatch, readLogs } from "./read-logs.ts";
import { createRecordedWorld } from "./recorded-world.ts";
import {
  createEventReader,
  type EventReader,
  type ReplayEvent,
} from "./replay-event.ts";
import { type Counts, type Tallied, Tally } from "./tally.ts";

export type ReplayOptions = {
  readonly files: readonly string[];
  /** What decides again. */
  readonly documents: ReplayDocuments;
  /** Guards that judge whole checks; undefined for a bundle that has none. */
  readonly guards:
    | { readonly source: SourceFiles; readonly config: ServerConfig }
    | undefined;
  /** Builtins beside OPA's. */
  readonly builtins: readonly HostBuiltin[];
  /** Notes what the events reach of the policy, which makes each slower. */
  readonly coverage: boolean;
  /** Hears after each piece that was read. */
  readonly onProgress?: (bytes: number, counts: Counts) => void;
};

export type ReplayReport = Tallied & {
  readonly coverage: CoverageReport | undefined;
};

/** Decides every event of the logs again; memory does not grow with them. */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { coverage, documents, files, onProgress } = options;
  const world = createRecordedWorld([...hostBuiltins, ...options.builtins]);
  const replays = {
    read: createEventReader(),
    documents: new DocumentReplay(documents, world, coverage),
    pipeline: await loadPipeline(options),
  };
  const tally = new Tally();
  let bytes = 0;
  for await (const batch of readLogs(files)) {
    await replayBatch(batch, replays, tally);
    bytes += batch.bytes;
    onProgress?.(bytes, tally.counts);
  }
  return { ...tally.result(), coverage: replays.documents.coverage() };
}

type Replays = {
  readonly read: EventReader;
  readonly documents: DocumentReplay;
  readonly pipeline: PipelineReplay | undefined;
};

async function loadPipeline({
  builtins,
  guards,
}: ReplayOptions): Promise<PipelineReplay | undefined> {
  if (!guards) {
    return undefined;
  }
  const { config, source } = guards;
  const world = createRecordedWorld([...hostBuiltins, ...builtins]);
  const revision = await loadRevision(source, world);
  const reads = lazily(() => {
    const { builtins: known } = world;
    const tests = revision.pipeline.map(
      ({ guard }): ReadsPointer =>
        revision.foreign.has(guard)
          ? // What others compiled is not looked into.
            () => true
          : pointersRead(`data.guards.${guard}.verdict`, {
              modules: source.modules,
              builtins: known,
            }),
    );
    return (pointer) => tests.some((test) => test(pointer));
  });
  return createPipelineReplay({ revision, config, reads, world });
}

async function replayBatch(
  { documents, faults, file }: LogBatch,
  replays: Replays,
  tally: Tally,
): Promise<void> {
  for (const fault of faults) {
    tally.addFault(file, fault);
  }
  const events: (readonly [event: ReplayEvent, line: number])[] = [];
  for (const document of documents) {
    const event = replays.read(document);
    if (event === undefined) {
      tally.addOther();
    } else {
      events.push([event, document.line]);
    }
  }
  await replays.documents.prepare(
    events.flatMap(([event]) =>
      event.kind === "document" ? [event.target] : [],
    ),
  );
  for (const [event, line] of events) {
    const begin = performance.now();
    const judged = judge(event, replays);
    const judgement = judged instanceof Promise ? await judged : judged;
    tally.add(event, { file, line }, judgement, performance.now() - begin);
  }
}

function judge(
  event: ReplayEvent,
  { documents, pipeline }: Replays,
): Judgement | Promise<Judgement> {
  if (event.kind === "document") {
    return documents.judge(event);
  }
  if (!pipeline) {
    return incomparable(
      "the bundle has no guards/pipeline.yaml to judge a check by",
    );
  }
  return event.kind === "record"
    ? pipeline.judgeRecord(event)
    : pipeline.judgeCheck(event);
}
