import { HttpProblem } from './http-answer.js';

/** Decoded parts of a path by the names of its pattern. */
export type PathParams = Readonly<Record<string, string>>;

export interface Route<Handler> {
  readonly methods: readonly string[];
  /** `/exec/{namespace}/{pod}/{container}`; a trailing slash of a request does not matter. */
  readonly pattern: string;
  readonly handler: Handler;
}

/** Finds the handler of a path as a kubelet's router does, with its texts for what is not there. */
export class Router<Handler> {
  readonly #routes: readonly { readonly segments: readonly string[]; readonly route: Route<Handler> }[];

  constructor(routes: readonly Route<Handler>[]) {
    this.#routes = routes.map((route) => ({ segments: segmentsOf(route.pattern), route }));
  }

  /** @throws {HttpProblem} 404 or 405. */
  find(method: string, path: string): { readonly handler: Handler; readonly params: PathParams } {
    const segments = segmentsOf(path);
    const fitting = this.#routes.filter(({ segments: pattern }) => fits(pattern, segments));
    const found = fitting.find(({ route }) => route.methods.includes(method));
    if (found) return { handler: found.route.handler, params: paramsOf(found.segments, segments) };
    if (fitting.length > 0) {
      const allowed = fitting.flatMap(({ route }) => route.methods).join(', ');
      throw new HttpProblem(405, '405: Method Not Allowed', { headers: { Allow: allowed } });
    }
    const knowsPrefix = this.#routes.some(({ segments: [first] }) => first === segments[0]);
    throw new HttpProblem(404, knowsPrefix ? '404: Page Not Found' : '404 page not found\n', {
      headers: { 'X-Content-Type-Options': 'nosniff' },
    });
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part.startsWith('{') || part === segments[index])
  );
}

function paramsOf(pattern: readonly string[], segments: readonly string[]): PathParams {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    if (part.startsWith('{')) params[part.slice(1, -1)] = decode(segments[index]!);
  }
  return params;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpProblem(400, `"${segment}" is not percent-encoded text`);
  }
}
