export { Broker, type BrokerOptions } from './broker.ts';
export { credentials } from './properties.ts';
export { cacheDir, classPath, classPathOf, compileJava, defaultVersion, missingTools } from './jars.ts';
