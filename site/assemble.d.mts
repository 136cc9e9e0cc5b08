export function pagesOf(root: string): Map<string, string>;
export function linked(
  text: string,
  options: { readonly root: string; readonly from: string; readonly pages: ReadonlyMap<string, string> },
): string;
export function assemble(root: string, out: string): number;
