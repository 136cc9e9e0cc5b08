import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { loadRecording, type Recording, recordedTest, replay, showStep } from '@millrace/testing';
import type { Command } from 'commander';
import { countFromOne } from '../arguments.ts';
import { fromCallersFolder } from '../callers-folder.ts';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { breakpoint, type Breakpoint, breakpointKinds } from '../debug/breakpoint.ts';
import { DebugSession } from '../debug/session.ts';
import { topicRecording } from '../debug/topic-recording.ts';
import { type LoadedTopology, loadTopologyOf } from '../load-topology.ts';
import { UsageError } from '../usage-error.ts';

interface DebugOptions extends LogOptions {
  readonly topology: string;
  readonly export?: string;
  readonly max: number;
  readonly break: readonly Breakpoint[];
  readonly print?: boolean;
  readonly test?: string;
}

export function debugCommand(program: Command): void {
  const command = program
    .command('debug')
    .description(
      'go through a topology record by record, forwards and back, with what was recorded or is in topics',
    )
    .argument(
      '<input>',
      'a recording of TopologyRecorder; with --log-dir or --kafka: topics, with commas between',
    )
    .requiredOption('--topology <module>', 'a JavaScript module that exports the topology')
    .option('--export <name>', 'which export; default: the first that is or makes a topology')
    .option('--max <n>', 'so many records of the topics at most', countFromOne, 10_000)
    .option(
      '--break <where>',
      `stop there, may be given again: ${breakpointKinds}`,
      (text: string, all: readonly Breakpoint[]) => [...all, breakpoint(text)],
      [],
    )
    .option('--print', 'print all steps, or those to stop at, and end')
    .option('--test <file>', 'write all steps as a test for vitest, and end');
  withLogOptions(command)
    .addHelpText('after', '\nCommands are read from standard input, one a line: help lists them.')
    .action(debug);
}

async function debug(input: string, options: DebugOptions): Promise<void> {
  const loaded = await loadTopologyOf(options.topology, options.export);
  const recording = await recordingOf(input, options);
  const { length } = recording.entries;
  if (length === 0) throw new UsageError(`there is nothing in ${input}`);
  if (recording.missing > 0)
    console.error(`${recording.missing} records before these were not kept: the state they made is missing`);
  const driver = await replay(loaded.topology, recording, {
    onProgress: (done) => {
      if (done > 0) console.error(`${done} of ${length} replayed ...`);
    },
  });
  const writeTest = async (steps: typeof driver.steps, file: string): Promise<string> => {
    const full = fromCallersFolder(file);
    await writeFile(full, recordedTest(steps, { topology: loaded.topology, ...importOf(loaded, full) }));
    return full;
  };
  if (options.test !== undefined) console.log(`written to ${await writeTest(driver.steps, options.test)}`);
  else if (options.print === true) {
    const stops = options.break;
    const isShown = (step: (typeof driver.steps)[number]): boolean =>
      stops.length === 0 || stops.some((one) => one.matches(step));
    for (const step of driver.steps.filter(isShown)) console.log(showStep(step));
  } else await converse(new DebugSession({ driver, breakpoints: options.break, writeTest }));
  await driver.close();
}

/** With --log-dir or --kafka the input is topics, else a file. */
function recordingOf(input: string, options: DebugOptions): Promise<Recording> {
  if (options.logDir === undefined && options.kafka === undefined) {
    return loadRecording(fromCallersFolder(input)).catch((error: unknown) => {
      throw new UsageError((error as Error).message);
    });
  }
  return onLog(options, (log) => topicRecording(log, input.split(','), options.max));
}

/** How a test in a file gets at the topology. */
function importOf({ file, name, expression }: LoadedTopology, testFile: string) {
  const imported = name === 'default' ? 'defaultExport' : name;
  const way = path.relative(path.dirname(testFile), file).split(path.sep).join('/');
  const from = `'${way.startsWith('.') ? way : `./${way}`}'`;
  const imports =
    name === 'default' ? `import ${imported} from ${from};` : `import { ${imported} } from ${from};`;
  return { imports, expression: expression(imported) };
}

async function converse(session: DebugSession): Promise<void> {
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal: isTerminal,
    prompt: '> ',
  });
  console.log(session.show());
  if (isTerminal) lines.prompt();
  for await (const line of lines) {
    try {
      const text = await session.run(line);
      if (text !== '') console.log(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      console.log(error.message);
    }
    if (session.isOver) break;
    if (isTerminal) lines.prompt();
  }
  lines.close();
}
