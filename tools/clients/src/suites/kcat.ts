import { isThere, run, tail } from '../run.ts';
import { ServedLog } from '../served-log.ts';
import { failed, passed, type Suite } from '../suite.ts';

const count = 5000;

/** kcat (librdkafka) writes lines with keys, lists topics, and reads the lines back. */
export const kcat: Suite = {
  name: 'kcat: produce, list, consume',
  missing: () => (isThere('kcat', '-V') ? undefined : "kcat (in Debian's packages)"),
  run: async () => {
    const served = await ServedLog.start('--auto-create');
    try {
      const lines = Array.from({ length: count }, (_, n) => `k${n % 7}:value ${n}`);
      const base = ['-b', served.address];
      const written = await run('kcat', [...base, '-P', '-t', 'kc', '-K:', '-z', 'snappy'], {
        input: lines.join('\n'),
      });
      if (written.status !== 0) return failed(tail(written));
      const listed = await run('kcat', [...base, '-L']);
      const read = await run('kcat', [...base, '-C', '-t', 'kc', '-K:', '-e', '-q']);
      const isListed = /topic "kc" with 1 partitions/.test(listed.output);
      const isSame = read.output.trim() === lines.join('\n');
      return isListed && isSame ? passed(1) : failed(`${tail(listed)}\n${tail(read)}`);
    } finally {
      await served.remove();
    }
  },
};
