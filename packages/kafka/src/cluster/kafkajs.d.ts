// What this package uses of kafkajs beyond its public face. The version is pinned: its last release is of
// 2023.

declare module 'kafkajs/src/broker/index.js' {
  export default class Broker {
    constructor(options: {
      connectionPool: import('kafkajs/src/network/connectionPool.js').default;
      logger: unknown;
      nodeId?: number;
      allowAutoTopicCreation?: boolean;
      authenticationTimeout?: number;
    });
    connectionPool: import('kafkajs/src/network/connectionPool.js').default;
    lookupRequest: <A>(apiKey: number, definition: unknown) => (options: A) => unknown;
    isConnected(): boolean;
    connect(): Promise<void>;
    disconnect(): Promise<void>;
  }
}

declare module 'kafkajs/src/network/connectionPool.js' {
  export default class ConnectionPool {
    readonly host: string;
    readonly port: number;
    readonly pool: readonly {
      readonly socket?: import('node:net').Socket;
      rejectRequests(error: Error): void;
    }[];
    send(request: unknown): Promise<unknown>;
  }
}

declare module 'kafkajs/src/cluster/connectionPoolBuilder.js' {
  type Pool = import('kafkajs/src/network/connectionPool.js').default;
  const connectionPoolBuilder: (options: Record<string, unknown>) => {
    build(address: { host: string; port: number }): Promise<Pool>;
  };
  export default connectionPoolBuilder;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  const socketFactory: () => unknown;
  export default socketFactory;
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  const face: { readonly requests: Readonly<Record<string, unknown>> };
  export default face;
}

declare module 'kafkajs/src/protocol/requests/apiKeys.js' {
  const apiKeys: Readonly<Record<string, number>>;
  export default apiKeys;
}
