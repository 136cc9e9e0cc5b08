/** A number as people read it: 12,345; 1.2 M. */
export function count(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return Math.round(value).toLocaleString('en');
}

export function rate(value: number | undefined): string {
  if (value === undefined) return '–';
  return `${value >= 10 || value === 0 ? count(value) : value.toFixed(1)}/s`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let size = value;
  for (; size >= 1000 && at < units.length - 1; at++) size /= 1000;
  return `${at === 0 ? size : size.toFixed(1)} ${units[at]}`;
}

export function time(ms: number): string {
  if (!Number.isFinite(ms)) return 'never';
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().replace('T', ' ').replace('Z', '');
}

export function duration(ms: number): string {
  if (ms < 1) return `${ms < 0.01 ? (ms * 1000).toFixed(1) : Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = ms / 60_000;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${count(minutes / 60 / 24)} days`;
}

/** A value in one line. */
export function line(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
