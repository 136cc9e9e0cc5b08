// As `node.ts`, in a page. `Buffer` is a global there too: the page brings it along.

export function warn(message: string): void {
  console.warn(message);
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

/** Only subscriptions that an earlier release has written need it: a page has none. */
export function sha1(): never {
  throw new Error('A page computes no SHA-1 at once');
}

const longest = 200;

export function showOnOneLine(value: unknown): string {
  return shown(value, 4);
}

/** As Node shows values, for those that records have. */
function shown(value: unknown, depth: number): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return String(value);
  if (depth < 0) return Array.isArray(value) ? '[Array]' : '[Object]';
  const inside = (one: unknown): string => shown(one, depth - 1);
  if (value instanceof Map)
    return `Map(${value.size}) ${braced([...value].map(([key, one]) => `${inside(key)} => ${inside(one)}`))}`;
  if (value instanceof Set) return `Set(${value.size}) ${braced([...value].map(inside))}`;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(inside).join(', ')} ]`;
  return braced(Object.entries(value).map(([name, one]) => `${named(name)}: ${inside(one)}`));
}

const braced = (parts: readonly string[]): string => (parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`);
const named = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name));

function quoted(text: string): string {
  const cut = JSON.stringify(text.slice(0, longest))
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'");
  return text.length > longest ? `'${cut}'... ${text.length - longest} more characters` : `'${cut}'`;
}

export function pathOfModule(url: string): string {
  return url;
}

export function shortPath(file: string): string {
  return file;
}

export function joinPath(...parts: readonly string[]): string {
  return parts.join('/');
}

export function requireNow<T>(name: string): T {
  throw new Error(`${name} is not part of this page`);
}

/** A page has no way to keep it from being moved. */
export function keptInThread(memory: ArrayBuffer): ArrayBuffer {
  return memory;
}
