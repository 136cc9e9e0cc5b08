/** `KSTREAM-FILTER-0000000003`: names as Kafka Streams makes them, one counter for nodes and stores. */
export class NodeNames {
  #next = 0;

  /** A node's name. A given name takes a number all the same, so that naming one node renames no other. */
  node(prefix: string, given?: string): string {
    const generated = `${prefix}${this.#number()}`;
    return given ?? generated;
  }

  store(prefix: string): string {
    return `${prefix}STATE-STORE-${this.#number()}`;
  }

  #number(): string {
    return String(this.#next++).padStart(10, '0');
  }
}
