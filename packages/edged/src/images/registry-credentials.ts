import { isRecord } from '@edgecore/api';
import type { RegistryAuth } from '@edgecore/container-runtime';
import type { Secret } from '../kube-types.js';
import { repositoryOf } from './image-name.js';

const DOCKER_HUB = 'docker.io';

/** Registry credentials of a pull secret, empty when it is none (edged.md §8). */
export function secretCredentials({ data = {} }: Secret): RegistryAuth[] {
  const config = data['.dockerconfigjson'];
  if (config !== undefined) return configCredentials(decode(config));
  const legacy = data['.dockercfg'];
  return legacy === undefined ? [] : authMap(parse(decode(legacy)));
}

/** Credentials of a Docker `config.json`. Unreadable text gives none. */
export function configCredentials(text: string): RegistryAuth[] {
  const config = parse(text);
  return isRecord(config) ? authMap(config['auths']) : [];
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function authMap(auths: unknown): RegistryAuth[] {
  if (!isRecord(auths)) return [];
  return Object.entries(auths).flatMap(([serverAddress, entry]) => {
    if (!isRecord(entry)) return [];
    const text = (key: string) =>
      typeof entry[key] === 'string' && entry[key] !== '' ? (entry[key] as string) : undefined;
    const [user, ...password] = text('auth') ? decode(text('auth')!).split(':') : [];
    const username = text('username') ?? user;
    const secret = text('password') ?? (user === undefined ? undefined : password.join(':'));
    if (username === undefined) return [];
    return [
      { serverAddress, username, password: secret ?? '', ...(text('email') && { email: text('email')! }) },
    ];
  });
}

/** The credentials whose key matches the image, most specific first, order kept among equals. */
export function matchingCredentials(image: string, all: readonly RegistryAuth[]): RegistryAuth[] {
  const repository = repositoryOf(image);
  return all
    .map((auth) => ({ auth, key: normalise(auth.serverAddress) }))
    .filter(({ key }) => matches(repository, key))
    .sort((a, b) => b.key.length - a.key.length)
    .map(({ auth }) => auth);
}

/** Key without scheme and API version; Docker Hub's many names are one. */
function normalise(serverAddress: string): string {
  const key = serverAddress.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '');
  const host = key.split('/')[0]!;
  return /^(index\.|registry-1\.)?docker\.io$/.test(host) ? DOCKER_HUB + key.slice(host.length) : key;
}

function matches(repository: string, key: string): boolean {
  const [host, ...path] = repository.split('/');
  const [keyHost, ...keyPath] = key.split('/');
  const labels = host!.split('.');
  const keyLabels = keyHost!.split('.');
  if (labels.length !== keyLabels.length) return false;
  const sameHost = keyLabels.every((label, index) => wildcard(label).test(labels[index]!));
  return sameHost && path.join('/').startsWith(keyPath.join('/'));
}

function wildcard(label: string): RegExp {
  return new RegExp(`^${label.replace(/[\\^$.|?+()[\]{}]/g, '\\$&').replace(/\*/g, '[^.]*')}$`);
}
