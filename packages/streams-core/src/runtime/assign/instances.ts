/** An instance of an app as the group knows it (Kafka Streams: StreamsMetadata). */
export interface AppInstance {
  /** Its `applicationServer`; undefined where it has none. */
  readonly server: string | undefined;
  /** The tasks it has, or gets as soon as others have let go of them. */
  readonly tasks: readonly string[];
}

/** What an instance says of itself to the assignor. */
export function encodeServer(server: string | undefined): Uint8Array {
  return Buffer.from(server ?? '', 'utf8');
}

export function decodeServer(bytes: Uint8Array): string | undefined {
  return bytes.length === 0 ? undefined : Buffer.from(bytes).toString('utf8');
}

/** What the assignor says of all instances to each. */
export function encodeInstances(instances: readonly AppInstance[]): Uint8Array {
  return Buffer.from(JSON.stringify(instances), 'utf8');
}

export function decodeInstances(bytes: Uint8Array): readonly AppInstance[] {
  const found = JSON.parse(Buffer.from(bytes).toString('utf8')) as readonly AppInstance[];
  return found.map(({ server, tasks }) => ({ server, tasks }));
}
