/**
 * The flags of this process for a thread that begins at a file: without `--input-type`, which Node allows for
 * programs that are given as text only.
 */
export function threadFlags(flags: readonly string[] = process.execArgv): string[] {
  return flags.filter(
    (flag, index) => !flag.startsWith('--input-type') && flags[index - 1] !== '--input-type',
  );
}
