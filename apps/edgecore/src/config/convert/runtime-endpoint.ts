import type { RuntimeChoice } from '../model.js';
import type { ConfigReader } from '../reader.js';

/** Which Docker socket a configuration means, and what to say about it. */
export interface RuntimeEndpoint {
  /** A socket path or `tcp://host:port`. */
  readonly docker: string;
  readonly refusal?: { readonly path: string; readonly value: string };
  readonly hint?: { readonly path: string; readonly text: string };
}

const DOCKER_SOCKET = '/var/run/docker.sock';
const DOCKERSHIM = /^(unix:\/\/)?\/var\/run\/dockershim\.sock$/;
const CONTAINERD_DEFAULT = 'unix:///run/containerd/containerd.sock';

/** The endpoint rules of both formats (config.md §9 L5, L6). */
export function dockerEndpoint(reader: ConfigReader): RuntimeEndpoint {
  return reader.version === 'v1alpha1' ? endpoint2020(reader) : endpointToday(reader);
}

/**
 * What runs the pods. A file that names Docker means Docker, also while its
 * engine is not up yet: a node must not begin with plain processes because it booted faster.
 */
export function runtimeChoice(reader: ConfigReader): RuntimeChoice {
  const own = 'edgecoreTs.edged.runtime';
  const named = NAMES_DOCKER[reader.version].some((path) => reader.line(path) !== undefined);
  const endpoint = reader.version === 'v1alpha1' ? undefined : reader.text(NAMES_DOCKER.v1alpha2[0]);
  const means = named && endpoint !== CONTAINERD_DEFAULT && endpoint !== '';
  return reader.line(own) === undefined && means ? 'docker' : (reader.text(own) as RuntimeChoice);
}

const NAMES_DOCKER = {
  v1alpha1: ['modules.edged.runtimeType', 'modules.edged.dockerAddress'],
  v1alpha2: ['modules.edged.tailoredKubeletConfig.containerRuntimeEndpoint'],
} as const;

function endpoint2020(reader: ConfigReader): RuntimeEndpoint {
  const docker = plain(reader.text('modules.edged.dockerAddress')) ?? DOCKER_SOCKET;
  if (reader.text('modules.edged.runtimeType') === 'docker') return { docker };
  for (const key of ['remoteRuntimeEndpoint', 'remoteImageEndpoint']) {
    const path = `modules.edged.${key}`;
    const value = reader.text(path);
    if (DOCKERSHIM.test(value)) continue;
    if (!isDocker(value)) return { docker, refusal: { path, value } };
    return { docker: plain(value)! };
  }
  return { docker };
}

function endpointToday(reader: ConfigReader): RuntimeEndpoint {
  const kubelet = 'modules.edged.tailoredKubeletConfig';
  const path = `${kubelet}.containerRuntimeEndpoint`;
  const value = reader.text(path);
  const imagePath = `${kubelet}.imageServiceEndpoint`;
  const image = reader.text(imagePath);
  if (image !== '' && image !== CONTAINERD_DEFAULT && !isDocker(image)) {
    return { docker: DOCKER_SOCKET, refusal: { path: imagePath, value: image } };
  }
  if (value === CONTAINERD_DEFAULT || value === '') {
    const text = `the default ${CONTAINERD_DEFAULT} stands for Docker's socket here (${DOCKER_SOCKET})`;
    return { docker: DOCKER_SOCKET, ...(reader.line(path) === undefined ? {} : { hint: { path, text } }) };
  }
  if (!isDocker(value)) return { docker: DOCKER_SOCKET, refusal: { path, value } };
  return { docker: plain(value)! };
}

/** Docker's and Podman's sockets, or Docker over TCP; also what dockershim and cri-dockerd sit on. */
function isDocker(endpoint: string): boolean {
  if (/^tcp:\/\//.test(endpoint)) return true;
  const path = plain(endpoint);
  return path !== undefined && (/(docker|podman)[^/]*\.sock$/.test(path) || /cri-dockerd\.sock$/.test(path));
}

function plain(endpoint: string): string | undefined {
  if (endpoint === '') return undefined;
  const path = endpoint.replace(/^unix:\/\//, '');
  // These sockets speak CRI in front of Docker; its own API is beside them.
  return /(dockershim|cri-dockerd)\.sock$/.test(path) ? DOCKER_SOCKET : path;
}
