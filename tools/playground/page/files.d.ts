declare module '*.css';

interface ImportMeta {
  /** Vite's: the texts of the files that match, by their paths from this module. */
  glob(
    patterns: readonly string[],
    options: { readonly query: '?raw'; readonly import: 'default'; readonly eager: true },
  ): Readonly<Record<string, string>>;
}
