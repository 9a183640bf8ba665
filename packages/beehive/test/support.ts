import type { Message, Module, ModuleContext, Participant } from '../src/index.js';
import { createMessage } from '../src/index.js';

/** A module made of one function. */
export function module(
  name: string,
  run: (ctx: ModuleContext) => Promise<void>,
  extra: Partial<Pick<Module, 'group' | 'after' | 'inbox' | 'health'>> = {},
): Module {
  return { name, group: extra.group ?? name, run, ...extra };
}

/** A module that ends only when told to. */
export function idle(name: string, extra: Partial<Pick<Module, 'group' | 'after' | 'inbox'>> = {}): Module {
  return module(
    name,
    async (ctx) => {
      for await (const _ of ctx.receive());
    },
    extra,
  );
}

export function numbered(n: number): Message<number> {
  return createMessage({ id: `m${n}`, operation: 'update', resource: 'default/pod/a', content: n });
}

/** Takes the next `count` messages out of a participant's inbox. */
export async function take(participant: Participant, count: number): Promise<Message[]> {
  const out: Message[] = [];
  if (count === 0) return out;
  for await (const message of participant.receive()) {
    out.push(message);
    if (out.length === count) break;
  }
  return out;
}
