/**
 * A CSI driver in a process of its own: volumes are directories, mounts are bind mounts. Arguments: its options as
 * JSON. Writes each call as a line of JSON to `<directory>/calls` and fails as `<directory>/faults` says:
 * `{"NodeStageVolume":{"code":13,"message":"boom"}}`, or `"hang"`. Prints `ready` once it can be registered.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Handler, serve } from './serve.js';

export interface DriverOptions {
  readonly name: string;
  /** Volumes, socket and records; survives the process. */
  readonly directory: string;
  /** Path of its registration socket. */
  readonly registration: string;
  readonly nodeId: string;
  /** Of `NodeServiceCapability.RPC.Type`. */
  readonly capabilities: readonly string[];
}

const options = JSON.parse(process.argv[2]!) as DriverOptions;
const { name, directory, registration, nodeId, capabilities } = options;
const socket = join(directory, 'csi.sock');
const volumeDirectory = (id: unknown) => join(directory, 'volumes', String(id));
const isMounted = (path: string) =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === path);
const fail = (code: number, message: string) => Object.assign(new Error(message), { code });

function bind(from: string, to: string, readOnly: boolean): void {
  if (isMounted(to)) return;
  mkdirSync(to, { recursive: true });
  execFileSync('mount', ['--bind', from, to]);
  if (readOnly) execFileSync('mount', ['-o', 'remount,ro,bind', to]);
}

function unmount(path: string): void {
  if (isMounted(path)) execFileSync('umount', [path]);
}

const handlers: Record<string, Record<string, Handler>> = {
  'csi.v1.Identity': { GetPluginInfo: () => ({ name, vendorVersion: 'test' }) },
  'csi.v1.Controller': {
    CreateVolume(request) {
      const id = `vol-${String(request['name'])}`;
      mkdirSync(volumeDirectory(id), { recursive: true });
      const range = request['capacityRange'] as { requiredBytes?: string } | undefined;
      const volumeContext = { ...(request['parameters'] as object), html: '<a&b>' };
      return { volume: { volumeId: id, capacityBytes: range?.requiredBytes ?? '0', volumeContext } };
    },
    DeleteVolume(request) {
      rmSync(volumeDirectory(request['volumeId']), { recursive: true, force: true });
      return {};
    },
    ControllerPublishVolume(request) {
      if (!existsSync(volumeDirectory(request['volumeId']))) throw fail(5, 'no such volume');
      return { publishContext: { device: `/dev/${String(request['nodeId'])}` } };
    },
    ControllerUnpublishVolume: () => ({}),
  },
  'csi.v1.Node': {
    NodeGetInfo: () => ({ nodeId, maxVolumesPerNode: '100' }),
    NodeGetCapabilities: () => ({ capabilities: capabilities.map((type) => ({ rpc: { type } })) }),
    NodeStageVolume(request) {
      const source = volumeDirectory(request['volumeId']);
      mkdirSync(source, { recursive: true });
      bind(source, String(request['stagingTargetPath']), false);
      return {};
    },
    NodeUnstageVolume(request) {
      unmount(String(request['stagingTargetPath']));
      return {};
    },
    NodePublishVolume(request) {
      const { volumeId, stagingTargetPath, targetPath, readonly } = request;
      const source = stagingTargetPath ? String(stagingTargetPath) : volumeDirectory(volumeId);
      mkdirSync(source, { recursive: true });
      bind(source, String(targetPath), readonly === true);
      return {};
    },
    NodeUnpublishVolume(request) {
      const target = String(request['targetPath']);
      unmount(target);
      if (existsSync(target)) rmdirSync(target);
      return {};
    },
  },
};

/** Writes the call down, and fails it when it is told to. */
function observed(method: string, handler: Handler): Handler {
  return async (request) => {
    appendFileSync(join(directory, 'calls'), `${JSON.stringify({ method, request })}\n`);
    const faults = existsSync(join(directory, 'faults'))
      ? (JSON.parse(readFileSync(join(directory, 'faults'), 'utf8')) as Record<string, unknown>)
      : {};
    const fault = faults[method] as { code: number; message: string } | 'hang' | undefined;
    if (fault === 'hang') return new Promise(() => {});
    if (fault) throw fail(fault.code, fault.message);
    return handler(request);
  };
}

const all = Object.entries(handlers).map(([service, methods]) => [
  service,
  Object.fromEntries(
    Object.entries(methods).map(([method, handler]) => [method, observed(method, handler)] as const),
  ),
]);
for (const path of [socket, registration]) rmSync(path, { force: true });
await serve(socket, Object.fromEntries(all));
await serve(registration, {
  'pluginregistration.Registration': {
    GetInfo: () => ({ type: 'CSIPlugin', name, endpoint: socket, supportedVersions: ['1.0.0'] }),
    NotifyRegistrationStatus: observed('NotifyRegistrationStatus', () => ({})),
  },
});
writeSync(1, 'ready\n');
