/** `node:http2` is loaded with the first connection only: it is 2 MB of memory many nodes never need. */
export function loadHttp2(): Promise<typeof import('node:http2')> {
  return import('node:http2');
}

/** Of HTTP/2, known without loading the module. */
export const NO_ERROR = 0;
export const CANCEL = 8;
