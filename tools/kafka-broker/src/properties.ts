import path from 'node:path';

/** The password of the broker's own key store. */
export const keyStorePassword = 'millrace-test';
/** Whom the secure listener lets in: PLAIN and SCRAM-SHA-256/512, with the same name and password. */
export const credentials = { username: 'alice', password: 'alice-secret' };

export interface Ports {
  readonly plain: number;
  /** With TLS and SASL. */
  readonly secure: number;
  readonly controller: number;
}

export type BrokerSettings = Readonly<Record<string, string | number | boolean>>;

/** A broker's `server.properties`. */
export function properties(
  dir: string,
  { plain, secure, controller }: Ports,
  settings: BrokerSettings,
): string {
  const jaas = (module: string, users: string): string =>
    `org.apache.kafka.common.security.${module} required ${users};`;
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
    'listener.name.secure.ssl.keystore.password': keyStorePassword,
    'listener.name.secure.ssl.key.password': keyStorePassword,
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

export const log4j1 = `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
`;
export const log4j2 = `rootLogger.level=info
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=OUT
appender.console.type=Console
appender.console.name=OUT
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
`;
