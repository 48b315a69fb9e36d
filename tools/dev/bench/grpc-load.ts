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
  const request = Buffer.from(
    checkRequestType
      .encode(checkRequestType.fromObject(sampleCheckRequest))
      .finish(),
  );
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
