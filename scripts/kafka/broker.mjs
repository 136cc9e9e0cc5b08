// One Apache Kafka broker on loopback: KRaft, a plain listener, one with TLS and SASL.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { classPath, defaultVersion } from './jars.mjs';

const startTimeoutMs = 90_000;
const password = 'millrace-test';
/** Whom the second listener lets in: PLAIN and SCRAM-SHA-256/512, with the same name and password. */
export const credentials = { username: 'alice', password: 'alice-secret' };

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer().once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function properties(dir, { plain, secure, controller }, settings) {
  const jaas = (module, users) => `org.apache.kafka.common.security.${module} required ${users};`;
  const { username, password: secret } = credentials;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SECURE://127.0.0.1:${secure}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': jaas(
      'plain.PlainLoginModule',
      `user_${username}="${secret}"`,
    ),
    'listener.name.secure.scram-sha-256.sasl.jaas.config': jaas('scram.ScramLoginModule', ''),
    'listener.name.secure.scram-sha-512.sasl.jaas.config': jaas('scram.ScramLoginModule', ''),
    'listener.name.secure.ssl.keystore.location': path.join(dir, 'broker.p12'),
    'listener.name.secure.ssl.keystore.type': 'PKCS12',
    'listener.name.secure.ssl.keystore.password': password,
    'listener.name.secure.ssl.key.password': password,
    'log.dirs': path.join(dir, 'data'),
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // A broker that was killed is let back in as soon as the controller has missed it.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'auto.create.topics.enable': false,
    'message.max.bytes': 4 << 20,
    // A test's pauses and clocks are not the broker's: what is old by its timestamp stays.
    'log.retention.ms': -1,
    ...settings,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

const log4j1 = `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
`;
const log4j2 = `rootLogger.level=info
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=OUT
appender.console.type=Console
appender.console.name=OUT
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
`;

function must(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stdout}${stderr}`);
}

function makeCertificate(dir) {
  const store = path.join(dir, 'broker.p12');
  const common = ['-keystore', store, '-storepass', password, '-storetype', 'PKCS12', '-alias', 'broker'];
  must('keytool', [
    '-genkeypair',
    ...common,
    '-keypass',
    password,
    '-keyalg',
    'RSA',
    '-validity',
    '3650',
    '-dname',
    'CN=localhost',
    '-ext',
    'SAN=dns:localhost,ip:127.0.0.1',
  ]);
  must('keytool', ['-exportcert', '-rfc', '-file', path.join(dir, 'ca.pem'), ...common]);
}

/** A broker in a folder of its own, which it keeps over stops and starts, ports included. */
export class Broker {
  #dir;
  #state;
  #classPath;

  constructor(dir, state, jars) {
    this.#dir = dir;
    this.#state = state;
    this.#classPath = jars;
  }

  /** Prepares a broker, without starting it; takes up what is in the folder. */
  static async at(dir, { version = defaultVersion, settings = {} } = {}) {
    const stateFile = path.join(dir, 'broker.json');
    if (existsSync(stateFile)) {
      const state = JSON.parse(readFileSync(stateFile, 'utf8'));
      return new Broker(dir, state, await classPath(state.version));
    }
    const jars = await classPath(version);
    mkdirSync(dir, { recursive: true });
    const [plain, secure, controller] = await freePorts(3);
    const state = { version, ports: { plain, secure, controller }, pid: undefined };
    makeCertificate(dir);
    writeFileSync(path.join(dir, 'server.properties'), properties(dir, state.ports, settings));
    writeFileSync(path.join(dir, 'log4j.properties'), log4j1);
    writeFileSync(path.join(dir, 'log4j2.properties'), log4j2);
    const broker = new Broker(dir, state, jars);
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${credentials.username},password=${credentials.password}]`,
    ]);
    must('java', [
      ...broker.#java(),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      'MkU3OEVBNTcwNTJENDM2Qk',
      '-c',
      path.join(dir, 'server.properties'),
      ...users,
    ]);
    broker.#save();
    return broker;
  }

  /** `host:port` of the plain listener. */
  get address() {
    return `127.0.0.1:${this.#state.ports.plain}`;
  }

  /** `host:port` of the listener with TLS and SASL. */
  get secureAddress() {
    return `127.0.0.1:${this.#state.ports.secure}`;
  }

  /** The certificate to trust for the secure listener, as a PEM file. */
  get caFile() {
    return path.join(this.#dir, 'ca.pem');
  }

  get logFile() {
    return path.join(this.#dir, 'server.log');
  }

  get pid() {
    return this.#state.pid;
  }

  get version() {
    return this.#state.version;
  }

  get running() {
    if (this.#state.pid === undefined) return false;
    try {
      process.kill(this.#state.pid, 0);
      return true;
    } catch {
      return false;
    }
  }

  async start() {
    if (this.running) return;
    const out = openSync(this.logFile, 'w');
    const heap = process.env.KAFKA_HEAP ?? '768m';
    const child = spawn(
      'java',
      [`-Xmx${heap}`, ...this.#java(), 'kafka.Kafka', path.join(this.#dir, 'server.properties')],
      { stdio: ['ignore', out, out], detached: true },
    );
    child.unref();
    this.#state.pid = child.pid;
    this.#save();
    for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline; await sleep(100)) {
      if (/Kafka Server started/.test(readFileSync(this.logFile, 'utf8'))) return;
      if (child.exitCode !== null) break;
    }
    const tail = readFileSync(this.logFile, 'utf8').slice(-3000);
    await this.kill();
    throw new Error(
      `The broker did not start within ${startTimeoutMs / 1000} s. Its log ends with:\n${tail}`,
    );
  }

  /** Ends the broker as an operator would. */
  async stop() {
    await this.#end('SIGTERM');
  }

  /** Ends the broker as a power cut would. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Holds the broker's process; {@link resume} lets it go on. */
  pause() {
    process.kill(this.#state.pid, 'SIGSTOP');
  }

  resume() {
    process.kill(this.#state.pid, 'SIGCONT');
  }

  async #end(signal) {
    const { pid } = this.#state;
    if (pid === undefined) return;
    if (this.running) process.kill(pid, signal);
    for (const deadline = Date.now() + 60_000; this.running; await sleep(50)) {
      if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    }
    this.#state.pid = undefined;
    this.#save();
  }

  /** Stops it and removes all it has kept. */
  async remove() {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }

  #java() {
    return [
      '-Djava.awt.headless=true',
      `-Dlog4j.configuration=file:${path.join(this.#dir, 'log4j.properties')}`,
      `-Dlog4j2.configurationFile=file:${path.join(this.#dir, 'log4j2.properties')}`,
      `-Dkafka.logs.dir=${path.join(this.#dir, 'logs')}`,
      '-cp',
      this.#classPath,
    ];
  }

  #save() {
    writeFileSync(path.join(this.#dir, 'broker.json'), JSON.stringify(this.#state));
  }
}
