/** Where it listens, on 127.0.0.1. */
export interface CloudPorts {
  readonly hubPort: number;
  readonly httpsPort: number;
  /** Of the stream tunnel. */
  readonly tunnelPort: number;
  /** Of the Kubernetes API; `kubeconfig` in the cloud's directory has it. */
  readonly kubePort: number;
}

/** What the embedded cloud says while it runs. */
export type CloudMessage =
  | ({ readonly type: 'ready' } & CloudPorts)
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'nodeReady'; readonly node: string }
  | {
      readonly type: 'podStatus';
      readonly namespace: string;
      readonly name: string;
      readonly uid: string;
      readonly phase: string;
    };

export interface EmbeddedCloudOptions {
  readonly dataDir: string;
  readonly manifestsDir: string;
  readonly logLevel: string;
  /** Called for what happens after it is ready. */
  readonly onMessage: (message: CloudMessage) => void;
}

/** A cloud running for this node. */
export interface EmbeddedCloud extends CloudPorts {
  /** Process id, `undefined` when it runs in this process. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** How a cloud is started: as a child process, or in this one for tests. */
export type CloudStarter = (options: EmbeddedCloudOptions) => Promise<EmbeddedCloud>;
