import type { RegistryAuth } from '../../runtime.js';

/** Value of the engine's `X-Registry-Auth` header. */
export function registryAuthHeader(auth: RegistryAuth): string {
  const { username, password } = credentials(auth);
  const value = {
    username,
    password,
    ...(auth.email ? { email: auth.email } : {}),
    serveraddress: auth.serverAddress,
  };
  // The URL alphabet, but with padding: the engine refuses it without.
  return Buffer.from(JSON.stringify(value)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

/** `auth` is base64 of `user:password`; the engine wants the two. */
function credentials({ username, password, auth }: RegistryAuth): { username: string; password: string } {
  if (username !== undefined || !auth) return { username: username ?? '', password: password ?? '' };
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon < 0
    ? { username: text, password: '' }
    : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
