import { Buffer } from 'buffer';

// What records are made of. Loaded before anything that uses it.
globalThis.Buffer = Buffer as unknown as typeof globalThis.Buffer;
