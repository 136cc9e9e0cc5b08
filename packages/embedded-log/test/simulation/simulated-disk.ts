import type { FileSystem, LogFile } from '../../src/files/file-system.ts';
import type { Random } from './random.ts';

/** Thrown by every call once the simulated machine has stopped. */
export class Stopped extends Error {}

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number };

interface Disk {
  /** What survives a power loss for certain. */
  durable: Buffer;
  /** What the system has been told since. */
  unsynced: Change[];
}

export interface Plan {
  /** The number of the call at which the machine stops; it may be half done. */
  readonly stopAt?: number;
  /** The call that fails, and how. The machine goes on. */
  readonly failAt?: { readonly call: number; readonly code: string };
}

function applyChange(content: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') {
    if (change.size <= content.length) return content.subarray(0, change.size);
    return Buffer.concat([content, Buffer.alloc(change.size - content.length)]);
  }
  const end = change.position + change.bytes.length;
  const grown = Buffer.alloc(Math.max(content.length, end));
  content.copy(grown);
  grown.set(change.bytes, change.position);
  return grown;
}

/**
 * A disk with a system's cache on top. A killed process loses nothing it wrote, save that its last write may
 * be torn; a power loss keeps of every unsynced write some pieces and loses others, and forgets unsynced
 * creations and removals as it likes. A failed sync drops what it was to sync, as Linux may.
 */
export class SimulatedDisk {
  #files = new Map<string, Disk>();
  #durableNames = new Map<string, Disk>();
  #random: Random;
  #plan: Plan = {};
  #stopped = false;
  /** Boots so far: what an earlier process still has under way must not reach the disk. */
  #boots = 0;
  calls = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A disk that durably holds these files. */
  static holding(files: ReadonlyMap<string, Buffer>, random: Random): SimulatedDisk {
    const disk = new SimulatedDisk(random);
    for (const [name, content] of files) {
      disk.#files.set(name, { durable: content, unsynced: [] });
    }
    disk.#durableNames = new Map(disk.#files);
    return disk;
  }

  /** What every file holds now. */
  contents(): Map<string, Buffer> {
    return new Map(this.names().map((name) => [name, Buffer.from(this.content(name))]));
  }

  /** A fresh view for a process that starts now. */
  boot(plan: Plan = {}): FileSystem {
    this.#plan = plan;
    this.#stopped = false;
    this.calls = 0;
    this.#boots++;
    return new SimulatedFileSystem(this, this.#boots);
  }

  /** The next call, or the one so many later, fails. */
  failNext(code: string, later = 1): void {
    this.#plan = { failAt: { call: this.calls + later, code } };
  }

  /** Loses what a power loss may lose. */
  losePower(): void {
    const names = new Set([...this.#files.keys(), ...this.#durableNames.keys()]);
    const left = new Map<string, Disk>();
    for (const name of names) {
      const [now, before] = [this.#files.get(name), this.#durableNames.get(name)];
      const disk = now === before ? now : this.#random.chance(0.5) ? now : before;
      if (disk !== undefined) left.set(name, { durable: this.#afterPowerLoss(disk), unsynced: [] });
    }
    this.#files = left;
    this.#durableNames = new Map(left);
  }

  #afterPowerLoss({ durable, unsynced }: Disk): Buffer {
    const piece = [64, 512, 4096][this.#random.below(3)]!;
    let content = durable;
    for (const change of unsynced) {
      if (change.kind === 'truncate') {
        if (this.#random.chance(0.5)) content = applyChange(content, change);
        continue;
      }
      for (let at = 0; at < change.bytes.length; at += piece) {
        if (this.#random.chance(0.5)) continue;
        const bytes = change.bytes.subarray(at, at + piece);
        content = applyChange(content, { kind: 'write', position: change.position + at, bytes });
      }
    }
    return content;
  }

  content(name: string): Buffer {
    const { durable, unsynced } = this.#file(name);
    return unsynced.reduce(applyChange, durable);
  }

  names(): string[] {
    return [...this.#files.keys()];
  }

  /** Changes durable bytes behind everyone's back. */
  damage(name: string, position: number): void {
    const content = Buffer.from(this.content(name));
    content[position]! ^= 0x40;
    const disk = this.#file(name);
    disk.durable = content;
    disk.unsynced = [];
  }

  #file(name: string): Disk {
    const disk = this.#files.get(name);
    if (disk === undefined) throw Object.assign(new Error(`ENOENT: ${name}`), { code: 'ENOENT' });
    return disk;
  }

  /** Counts a call; stops or fails where the plan says so. `half` is what a stopped call may have done. */
  async step(boot: number, half?: () => void): Promise<void> {
    // A real call answers in a later turn; without this, nothing could happen in between.
    await Promise.resolve();
    if (this.#stopped || boot !== this.#boots) throw new Stopped('the machine has stopped');
    this.calls++;
    if (this.calls === this.#plan.stopAt) {
      this.#stopped = true;
      half?.();
      throw new Stopped('the machine stops here');
    }
    const { failAt } = this.#plan;
    if (failAt?.call === this.calls) {
      half?.();
      throw Object.assign(new Error(`${failAt.code}: simulated`), { code: failAt.code });
    }
  }

  async read(boot: number, name: string, position: number, length: number): Promise<Buffer> {
    await this.step(boot);
    return Buffer.from(this.content(name).subarray(position, position + length));
  }

  async size(boot: number, name: string): Promise<number> {
    await this.step(boot);
    return this.content(name).length;
  }

  async change(boot: number, name: string, change: Change): Promise<void> {
    const disk = this.#file(name);
    await this.step(boot, () => {
      if (change.kind === 'truncate') return;
      const torn = change.bytes.subarray(0, this.#random.below(change.bytes.length + 1));
      disk.unsynced.push({ ...change, bytes: torn });
    });
    // Not before: a sync that ends meanwhile begins a new list.
    disk.unsynced.push(change);
  }

  async sync(boot: number, name: string): Promise<void> {
    const disk = this.#file(name);
    await this.step(boot, () => {
      // A failed sync leaves the pages marked clean: what was not written is lost with them.
      if (!this.#stopped && this.#plan.failAt?.code === 'EIO') disk.unsynced = [];
    });
    disk.durable = this.content(name);
    disk.unsynced = [];
  }

  async open(boot: number, name: string, mode: 'create' | 'existing'): Promise<void> {
    await this.step(boot);
    if (this.#files.has(name)) return;
    if (mode === 'existing') this.#file(name);
    this.#files.set(name, { durable: Buffer.alloc(0), unsynced: [] });
  }

  async remove(boot: number, name: string): Promise<void> {
    await this.step(boot);
    this.#files.delete(name);
  }

  async syncDirectory(boot: number): Promise<void> {
    await this.step(boot);
    this.#durableNames = new Map(this.#files);
  }
}

class SimulatedFileSystem implements FileSystem {
  readonly location = 'a simulated disk';
  readonly #disk: SimulatedDisk;
  readonly #boot: number;

  constructor(disk: SimulatedDisk, boot: number) {
    this.#disk = disk;
    this.#boot = boot;
  }

  async lock(): Promise<() => Promise<void>> {
    return async () => {};
  }

  async list(): Promise<string[]> {
    await this.#disk.step(this.#boot);
    return this.#disk.names();
  }

  async open(name: string, mode: 'create' | 'existing'): Promise<LogFile> {
    const disk = this.#disk;
    const boot = this.#boot;
    await disk.open(boot, name, mode);
    return {
      read: (position, length) => disk.read(boot, name, position, length),
      write: (position, pieces) =>
        disk.change(boot, name, { kind: 'write', position, bytes: Buffer.concat(pieces) }),
      truncate: (size) => disk.change(boot, name, { kind: 'truncate', size }),
      sync: () => disk.sync(boot, name),
      size: () => disk.size(boot, name),
      close: async () => {},
    };
  }

  sizes(names: readonly string[]): Promise<number[]> {
    return Promise.all(names.map((name) => this.#disk.size(this.#boot, name)));
  }

  remove(name: string): Promise<void> {
    return this.#disk.remove(this.#boot, name);
  }

  syncDirectory(): Promise<void> {
    return this.#disk.syncDirectory(this.#boot);
  }
}
