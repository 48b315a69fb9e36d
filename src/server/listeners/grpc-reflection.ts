import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { fileDescriptors } from "../gen/file-descriptors.ts";

/** Adds grpc.reflection.v1 and v1alpha, so that grpcurl and its like need no files. */
export function addReflection(server: Server): void {
  const fileDescriptorProtos = fileDescriptors.map((text) =>
    Buffer.from(text, "base64"),
  );
  // The service looks at nothing but the descriptors of each entry.
  const definition = { fileDescriptorProtos } as never;
  new ReflectionService({ proto: definition }).addToServer(server);
}
