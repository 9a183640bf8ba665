import { EventEmitter } from 'node:events';
import type { KubeObject } from '@edgecore/api';
import type { CloudDevice } from './devices/device-view.js';
import type { StoredObject } from './objects/stored-object.js';

/** What happens in the cloud, for embedders and the CLI. */
export interface CloudEvents {
  /** A node's hub connection is open. */
  nodeConnected: { readonly node: string };
  nodeDisconnected: { readonly node: string };
  /** The Ready condition became True. */
  nodeReady: { readonly node: StoredObject };
  /** It was True and is no longer. */
  nodeNotReady: { readonly node: StoredObject };
  /** A pod's status is different. */
  podStatus: { readonly pod: StoredObject; readonly phase: string };
  /** A pod is gone for good. */
  podDeleted: { readonly pod: StoredObject };
  /** A Kubernetes event a node reported. */
  event: { readonly node: string; readonly event: KubeObject };
  /** An MQTT message a node uploaded. */
  upload: { readonly node: string; readonly topic: string; readonly payload: unknown };
  /** A device was made, or its wishes, reported values or state are different; after it is on disk. */
  deviceChanged: { readonly device: CloudDevice };
  deviceDeleted: { readonly device: CloudDevice };
  /** A node's message about a device as it came, before anything is done with it. */
  deviceReport: { readonly node: string; readonly resource: string; readonly content: unknown };
}

/** Typed events; a listener that throws does not disturb the cloud. */
export class CloudEmitter {
  readonly #emitter = new EventEmitter();

  constructor(private readonly onListenerError: (error: unknown) => void) {
    this.#emitter.setMaxListeners(0);
  }

  /** @returns a function that ends the subscription. */
  on<Name extends keyof CloudEvents>(name: Name, listener: (event: CloudEvents[Name]) => void): () => void {
    const guarded = (event: CloudEvents[Name]) => {
      try {
        const result: unknown = listener(event);
        if (result instanceof Promise) result.catch(this.onListenerError);
      } catch (error) {
        this.onListenerError(error);
      }
    };
    this.#emitter.on(name, guarded);
    return () => this.#emitter.off(name, guarded);
  }

  emit<Name extends keyof CloudEvents>(name: Name, event: CloudEvents[Name]): void {
    this.#emitter.emit(name, event);
  }
}
