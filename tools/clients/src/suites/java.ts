// Kafka's own programs; they need Java and Maven.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { classPath, defaultVersion, missingTools } from '@millrace/kafka-broker';
import { run, tail } from '../run.ts';
import { ServedLog } from '../served-log.ts';
import { failed, passed, type Suite, type SuiteResult } from '../suite.ts';

const smokeTopics = [
  'echo',
  'data',
  'fk',
  'min',
  'min-suppressed',
  'min-raw',
  'max',
  'sum',
  'sws-raw',
  'sws-suppressed',
  'dif',
  'cnt',
  'avg',
  'wcnt',
  'tagg',
];
const topicCommand = 'org.apache.kafka.tools.TopicCommand';
const smokeTest = 'org.apache.kafka.streams.tests.StreamsSmokeTest';

async function createTopics(
  jars: string,
  address: string,
  topics: readonly string[],
  partitions: number,
): Promise<void> {
  for (const topic of topics) {
    const args = [
      '--bootstrap-server',
      address,
      '--create',
      '--topic',
      topic,
      '--partitions',
      String(partitions),
    ];
    const made = await run('java', ['-cp', jars, topicCommand, ...args]);
    if (!made.output.includes('Created topic')) throw new Error(tail(made));
  }
}

/** Kafka Streams' own smoke test: every operator, checked by its driver. Its changelogs are compacted. */
async function smoke(guarantee: string): Promise<SuiteResult> {
  const jars = await classPath(defaultVersion, ['tools', 'smoke']);
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace-smoke-'));
  const served = await ServedLog.start();
  let app: ChildProcess | undefined;
  try {
    await createTopics(jars, served.address, smokeTopics, 5);
    const file = path.join(dir, 'streams.properties');
    writeFileSync(
      file,
      `bootstrap.servers=${served.address}\nprocessing.guarantee=${guarantee}\nstate.dir=${path.join(dir, 'state')}\n`,
    );
    app = spawn('java', ['-cp', jars, smokeTest, file, 'process'], { stdio: 'ignore' });
    const driver = await run('java', ['-cp', jars, smokeTest, file, 'run']);
    const isWell = driver.status === 0 && /^SUCCESS$/m.test(driver.output);
    return isWell ? passed(1) : failed(tail(driver, 20));
  } finally {
    app?.kill('SIGKILL');
    await served.remove();
    rmSync(dir, { recursive: true, force: true });
  }
}

export const smokeSuites: readonly Suite[] = ['exactly_once_v2', 'at_least_once'].map((guarantee) => ({
  name: `Kafka Streams' StreamsSmokeTest, ${guarantee}`,
  missing: missingTools,
  run: () => smoke(guarantee),
}));

const messages = 200_000;
const kills = 5;

/** What the verifiable tools say in lines of JSON. */
interface Said {
  readonly name: string;
  readonly value?: string;
  readonly partition?: number;
  readonly offset?: number;
}

function linesOf(output: string): Said[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Said);
}

export const verifiable: Suite = {
  name: `VerifiableProducer and -Consumer, server killed ${kills} times`,
  missing: missingTools,
  run: async () => {
    const jars = await classPath(defaultVersion, ['tools']);
    const served = await ServedLog.start();
    const dir = mkdtempSync(path.join(tmpdir(), 'millrace-verifiable-'));
    try {
      await createTopics(jars, served.address, ['v'], 4);
      const config = path.join(dir, 'producer.properties');
      writeFileSync(
        config,
        'enable.idempotence=true\nretries=1000000\nacks=all\ndelivery.timeout.ms=240000\n',
      );
      const producing = run('java', [
        '-cp',
        jars,
        'org.apache.kafka.tools.VerifiableProducer',
        '--bootstrap-server',
        served.address,
        '--topic',
        'v',
        '--max-messages',
        String(messages),
        '--throughput',
        '10000',
        '--command-config',
        config,
      ]);
      for (let n = 0; n < kills; n++) {
        await sleep(2500);
        await served.kill();
        await served.restart();
      }
      const acked = linesOf((await producing).output).filter(({ name }) => name === 'producer_send_success');
      const consumed = await run(
        'java',
        [
          '-cp',
          jars,
          'org.apache.kafka.tools.VerifiableConsumer',
          '--bootstrap-server',
          served.address,
          '--topic',
          'v',
          '--group-id',
          'v',
          '--reset-policy',
          'earliest',
          '--verbose',
          '--max-messages',
          String(acked.length),
        ],
        { timeoutMs: 120_000 },
      );
      const seen = new Map<string, number>();
      for (const { name, value } of linesOf(consumed.output)) {
        if (name === 'record_data') seen.set(value!, (seen.get(value!) ?? 0) + 1);
      }
      const lost = acked.filter(({ value }) => !seen.has(value!)).length;
      const twice = [...seen.values()].filter((times) => times > 1).length;
      if (acked.length === messages && lost === 0 && twice === 0) return passed(1);
      return failed(`${acked.length} of ${messages} acknowledged, ${lost} of them lost, ${twice} read twice`);
    } finally {
      await served.remove();
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
