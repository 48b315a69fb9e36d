import { setTimeout as delay } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { checkPath, checkRequestType, checkResponseType } from "./codec.ts";
import { sampleCheckRequest } from "./sample-request.ts";

/** Sends the sample request `count` times, `parallel` at a time; every answer must be an allow. */
export async function grpcLoad(
  port: number,
  count: number,
  parallel: number,
): Promise<void> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const request = sampleBytes();
  let sent = 0;
  const worker = async () => {
    while (sent < count) {
      sent += 1;
      await check(client, request);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  client.close();
}

/** Sends so many checks a second for some seconds; milliseconds each took from when it was due. */
export async function steadyGrpcLoad(
  port: number,
  perSecond: number,
  seconds: number,
): Promise<readonly number[]> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const request = sampleBytes();
  const taken: Promise<number>[] = [];
  const start = performance.now();
  for (let sent = 0; sent < perSecond * seconds; ) {
    for (; start + (sent * 1_000) / perSecond <= performance.now(); sent += 1) {
      const due = start + (sent * 1_000) / perSecond;
      taken.push(check(client, request).then(() => performance.now() - due));
    }
    await delay(1);
  }
  const all = await Promise.all(taken);
  client.close();
  return all;
}

function sampleBytes(): Buffer {
  return Buffer.from(
    checkRequestType
      .encode(checkRequestType.fromObject(sampleCheckRequest))
      .finish(),
  );
}

function check(client: Client, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      checkPath,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => checkResponseType.decode(bytes),
      request,
      (error, answer) => {
        const code = (answer as { status?: { code?: number } } | undefined)
          ?.status?.code;
        if (error) {
          reject(error);
        } else if (code) {
          reject(new Error(`the sample request was denied with code ${code}`));
        } else {
          resolve();
        }
      },
    );
  });
}
