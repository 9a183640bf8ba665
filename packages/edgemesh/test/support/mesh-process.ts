import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EdgeMeshOptions } from '@edgecore/edgemesh';
import { endChild, type Namespace } from '@edgecore/testing';

export interface MeshLine {
  readonly ready?: { readonly state: string; readonly reason?: string };
  readonly done?: string;
  readonly stats: { readonly address: string; readonly listeners: number };
}

/** A mesh that runs in a namespace. */
export class MeshProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly lines: AsyncIterator<string>,
    readonly first: MeshLine,
  ) {}

  static async start(
    namespace: Namespace,
    path: string,
    options: Partial<EdgeMeshOptions> = {},
  ): Promise<MeshProcess> {
    const register = new URL('../../../../tools/testing/child/register.mjs', import.meta.url).href;
    const script = fileURLToPath(new URL('./mesh-child.ts', import.meta.url));
    const args = ['--import', register, script, path, JSON.stringify(options)];
    const child = namespace.spawn(process.execPath, args);
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return new MeshProcess(child, lines, await lineOf(lines));
  }

  /** Resolves when the mesh has applied it, rules included. */
  async down(operation: string, resource: string, content: unknown): Promise<MeshLine> {
    this.child.stdin!.write(`${JSON.stringify({ operation, resource, content })}\n`);
    return lineOf(this.lines);
  }

  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return endChild(this.child, signal);
  }
}

async function lineOf(lines: AsyncIterator<string>): Promise<MeshLine> {
  const { value, done } = await lines.next();
  if (done) throw new Error('the mesh’s process ended');
  return JSON.parse(value) as MeshLine;
}
