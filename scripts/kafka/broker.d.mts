/** Whom the secure listener lets in: PLAIN and SCRAM-SHA-256/512, with the same name and password. */
export declare const credentials: { readonly username: string; readonly password: string };

/** A broker in a folder of its own, which it keeps over stops and starts, ports included. */
export declare class Broker {
  /** Prepares a broker, without starting it; takes up what is in the folder. */
  static at(
    dir: string,
    options?: { readonly version?: string; readonly settings?: Readonly<Record<string, string | number>> },
  ): Promise<Broker>;
  /** `host:port` of the plain listener. */
  readonly address: string;
  /** `host:port` of the listener with TLS and SASL. */
  readonly secureAddress: string;
  /** The certificate to trust for the secure listener, as a PEM file. */
  readonly caFile: string;
  readonly logFile: string;
  readonly pid: number | undefined;
  readonly version: string;
  readonly running: boolean;
  start(): Promise<void>;
  /** Ends the broker as an operator would. */
  stop(): Promise<void>;
  /** Ends the broker as a power cut would. */
  kill(): Promise<void>;
  /** Holds the broker's process; `resume` lets it go on. */
  pause(): void;
  resume(): void;
  /** Stops it and removes all it has kept. */
  remove(): Promise<void>;
}
