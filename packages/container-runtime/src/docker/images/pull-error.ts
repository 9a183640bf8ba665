import { ImagePullError } from '../../errors.js';

/** Texts of engines whose registry is there in name but does not serve. */
const UNAVAILABLE = [
  /unexpected HTTP status:? 5\d\d/i,
  /(?:status code|HTTP code|http status) 5\d\d/i,
  /connection refused/i,
  /connection reset/i,
  /i\/o timeout/i,
  /TLS handshake timeout/i,
  /Client\.Timeout exceeded/i,
  /no route to host/i,
  /network is unreachable/i,
  /unexpected EOF/i,
];

/** The engine's text as a waiting reason: a registry that is down is told from one that says no (edged.md §8). */
export function pullError(image: string, text: string, cause?: unknown): ImagePullError {
  const options = cause === undefined ? undefined : { cause };
  if (!UNAVAILABLE.some((pattern) => pattern.test(text)))
    return new ImagePullError(text, 'ErrImagePull', options);
  return new ImagePullError(
    `image pull failed for ${image} because the registry is unavailable. ${text}`,
    'RegistryUnavailable',
    options,
  );
}
