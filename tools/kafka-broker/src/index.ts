export { Broker, type BrokerOptions } from './broker.ts';
export { type BrokerSettings, credentials } from './properties.ts';
export { cacheDir, classPath, classPathOf, compileJava, defaultVersion, missingTools } from './jars.ts';
