import { Server, ServerCredentials } from "@grpc/grpc-js";
import { checkPath, checkRequestType, checkResponseType } from "./codec.ts";

// The peer of the gRPC figures: decodes every request, answers a constant.
const answer = checkResponseType.create({
  status: { code: 0 },
  okResponse: {
    responseHeadersToAdd: [
      { header: { key: "x-portcullis-decision-id", value: "constant" } },
    ],
  },
});

const server = new Server();
server.addService(
  {
    check: {
      path: checkPath,
      requestStream: false,
      responseStream: false,
      requestDeserialize: (bytes: Buffer) => checkRequestType.decode(bytes),
      requestSerialize: (message: object) =>
        Buffer.from(checkRequestType.encode(message).finish()),
      responseDeserialize: (bytes: Buffer) => checkResponseType.decode(bytes),
      responseSerialize: (message: object) =>
        Buffer.from(checkResponseType.encode(message).finish()),
    },
  },
  {
    check: (_call: unknown, reply: (error: null, value: object) => void) =>
      reply(null, answer),
  },
);

server.bindAsync(
  `127.0.0.1:${process.argv[2]}`,
  ServerCredentials.createInsecure(),
  (error) => {
    if (error) {
      throw error;
    }
    console.log("ready");
  },
);
process.once("SIGTERM", () => server.forceShutdown());
