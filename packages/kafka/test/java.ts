import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { classPath } from '@millrace/kafka-broker';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
/** The version of Kafka's Java programs; that of the broker where the tests have started one. */
export const kafkaVersion = process.env['KAFKA_VERSION'];

/** Runs a Java source file of this folder with Kafka's jars; resolves to what it prints. */
export async function runJava(file: string, args: readonly string[]): Promise<string> {
  const jars = await classPath(kafkaVersion, ['tools']);
  const { stdout } = await run('java', ['-cp', jars, path.join(here, 'java', file), ...args], {
    maxBuffer: 256 << 20,
  });
  return stdout;
}

/** Runs one of Kafka's own command line tools by its class; `input` goes to its standard input. */
export async function runTool(mainClass: string, args: readonly string[], input = ''): Promise<string> {
  const jars = await classPath(kafkaVersion, ['tools']);
  const running = run('java', ['-cp', jars, mainClass, ...args], { maxBuffer: 64 << 20 });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
