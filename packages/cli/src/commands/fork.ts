import { compareFork, forkApp, promoteFork } from '@millrace/streams-core/runtime';
import type { Command } from 'commander';
import { type CodecName, codecNames, decode } from '../codecs.ts';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { printRows } from '../print-table.ts';
import { UsageError } from '../usage-error.ts';

interface ForkOptions extends LogOptions {
  readonly newInput: readonly string[];
}

/** `millrace fork`: an application's state and offsets under another id. */
export function forkCommand(program: Command): void {
  withLogOptions(
    program
      .command('fork')
      .description(
        'copy the state and offsets of an application, as they are between two of its commits, to a new id: an app of that id runs beside it as a shadow, until "millrace promote"',
      ),
  )
    .argument('<app>', 'the application that runs')
    .argument('<new>', 'the id of the one that is to take over')
    .option(
      '--new-input <topic>',
      'an input topic that only the new topology reads; may be given again',
      (topic: string, before: readonly string[]) => [...before, topic],
      [],
    )
    .action(async (from: string, to: string, options: ForkOptions) => {
      const { isTTY } = process.stderr;
      const { topics, records } = await onLog(options, (log) =>
        forkApp({
          log,
          from,
          to,
          newInputs: options.newInput,
          onProgress: (copied, total) => {
            if (isTTY) process.stderr.write(`\r${copied} of ${total} changelog records`);
          },
        }),
      );
      if (isTTY) process.stderr.write('\n');
      console.log(
        `${to} is a fork of ${from}: ${records} records of ${topics} topics copied. Start it; then look at "millrace compare ${to}"`,
      );
    });
}

interface CompareOptions extends LogOptions {
  readonly examples: string;
  readonly value: CodecName;
  readonly key: CodecName;
  readonly json?: boolean;
}

/** `millrace compare`: the results of a fork beside those of the application that it follows. */
export function compareCommand(program: Command): void {
  withLogOptions(
    program
      .command('compare')
      .description(
        'compare the results of a fork, since it was made, with those of the application that runs',
      ),
  )
    .argument('<new>', 'the fork')
    .option('--examples <n>', 'name so many keys that differ, of each topic', '10')
    .option('--key <codec>', `how keys are written: ${codecNames.join(', ')}`, 'string')
    .option('--value <codec>', 'how values are written', 'json')
    .option('--json', 'a line of JSON for each topic and each difference')
    .action(async (shadow: string, options: CompareOptions) => {
      const examples = Number(options.examples);
      if (!Number.isInteger(examples) || examples < 0)
        throw new UsageError(`--examples ${options.examples}: a whole number expected`);
      for (const codec of [options.key, options.value])
        if (!codecNames.includes(codec))
          throw new UsageError(`"${codec}" is no codec: ${codecNames.join(', ')}`);
      const { topics, behind } = await onLog(options, (log) => compareFork(log, shadow, { examples }));
      printRows(
        topics.map(({ topic, same, different, records }) => ({ topic, same, different, ...records })),
        options,
      );
      const text = (bytes: Uint8Array | null | undefined): string =>
        bytes === undefined ? '-' : JSON.stringify(decode(options.value, bytes));
      const differences = topics.flatMap(({ topic, differences: found }) =>
        found.map(({ key, running, shadow: made }) => ({
          topic,
          key: String(decode(options.key, key)),
          running: text(running),
          shadow: text(made),
        })),
      );
      if (differences.length > 0) printRows(differences, options);
      const lag = behind.reduce((sum, one) => sum + one.lag, 0);
      console.error(
        lag === 0
          ? `${shadow} has caught up`
          : `${shadow} has ${lag} records still to process: differences may come from that`,
      );
      if (topics.some(({ different }) => different > 0)) process.exitCode = 1;
    });
}

/** `millrace promote`: a fork takes over. */
export function promoteCommand(program: Command): void {
  withLogOptions(
    program
      .command('promote')
      .description(
        'let a fork take over: both are stopped, the one that ran with app.drain(), the fork once it has caught up',
      ),
  )
    .argument('<new>', 'the fork')
    .action(async (shadow: string, options: LogOptions) => {
      await onLog(options, (log) => promoteFork(log, shadow));
      console.log(
        `${shadow} has taken over: start it. The topics ${shadow}-shadow-* are not needed any more`,
      );
    });
}
