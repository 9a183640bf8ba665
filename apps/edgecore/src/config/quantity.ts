const FACTOR: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Bytes of a Kubernetes quantity (`10Mi`, `1.5G`, `1048576`), rounded up; `undefined` when the text is none. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+)([kMGTPE]|[KMGTPE]i)?$/.exec(text.trim());
  if (!match) return undefined;
  return Math.ceil(Number(match[1]) * FACTOR[match[2] ?? '']!);
}
