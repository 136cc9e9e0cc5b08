/** Which sub-topologies of an app are paused. */
export class Pauses {
  #all = false;
  readonly #subTopologies = new Set<number>();

  /** One sub-topology, or all. */
  pause(subTopology: number | undefined): void {
    if (subTopology === undefined) this.#all = true;
    else this.#subTopologies.add(subTopology);
  }

  /** One sub-topology, or all, those that were paused by themselves included. */
  resume(subTopology: number | undefined): void {
    if (subTopology !== undefined) {
      this.#subTopologies.delete(subTopology);
      return;
    }
    this.#all = false;
    this.#subTopologies.clear();
  }

  get any(): boolean {
    return this.#all || this.#subTopologies.size > 0;
  }

  readonly isPaused = (subTopology: number): boolean => this.#all || this.#subTopologies.has(subTopology);
}
