import { ModuleError } from '../errors.js';
import type { Module } from '../module.js';

/**
 * Modules in an order in which each comes after those it names in `after`.
 * @throws {ModuleError} for duplicate names and for cycles.
 */
export function startOrder(modules: readonly Module[]): Module[] {
  const byName = new Map<string, Module>();
  for (const module of modules) {
    if (byName.has(module.name)) throw new ModuleError(module.name, 'registered twice');
    byName.set(module.name, module);
  }
  const order: Module[] = [];
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (module: Module, path: readonly string[]): void => {
    const seen = state.get(module.name);
    if (seen === 'done') return;
    if (seen === 'visiting') {
      throw new ModuleError(module.name, `start order is circular: ${[...path, module.name].join(' → ')}`);
    }
    state.set(module.name, 'visiting');
    for (const name of module.after ?? []) {
      const earlier = byName.get(name);
      if (earlier) visit(earlier, [...path, module.name]);
    }
    state.set(module.name, 'done');
    order.push(module);
  };
  for (const module of modules) visit(module, []);
  return order;
}
