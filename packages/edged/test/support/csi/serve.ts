import grpc from '@grpc/grpc-js';
import type protobuf from 'protobufjs';
import { loadProto } from './proto.js';

export type Handler = (request: Record<string, unknown>) => Promise<object> | object;

/** A gRPC server on a unix socket. `handlers` by service and method; what is missing is unimplemented. */
export async function serve(
  socketPath: string,
  handlers: Readonly<Record<string, Readonly<Record<string, Handler>>>>,
): Promise<grpc.Server> {
  const root = loadProto();
  const server = new grpc.Server();
  for (const [name, methods] of Object.entries(handlers)) {
    const service = root.lookupService(name);
    const definition: Record<string, grpc.MethodDefinition<object, object>> = {};
    const implementation: grpc.UntypedServiceImplementation = {};
    for (const method of service.methodsArray) {
      const handler = methods[method.name];
      if (!handler) continue;
      definition[method.name] = methodOf(service, method);
      implementation[method.name] = (
        call: grpc.ServerUnaryCall<Record<string, unknown>, object>,
        callback: grpc.sendUnaryData<object>,
      ) => {
        Promise.resolve()
          .then(() => handler(call.request))
          .then(
            (answer) => callback(null, answer),
            (error: { code?: number; message?: string }) =>
              callback({
                code: typeof error.code === 'number' ? error.code : 13,
                details: error.message ?? '',
              }),
          );
      };
    }
    server.addService(definition as grpc.ServiceDefinition, implementation);
  }
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${socketPath}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  return server;
}

function methodOf(service: protobuf.Service, method: protobuf.Method): grpc.MethodDefinition<object, object> {
  const request = service.lookupType(method.requestType);
  const response = service.lookupType(method.responseType);
  return {
    path: `/${service.fullName.slice(1)}/${method.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value) => Buffer.from(request.encode(request.fromObject(value)).finish()),
    requestDeserialize: (bytes) => request.toObject(request.decode(bytes), { longs: String, enums: String }),
    responseSerialize: (value) => Buffer.from(response.encode(response.fromObject(value)).finish()),
    responseDeserialize: (bytes) => response.toObject(response.decode(bytes)),
  };
}
