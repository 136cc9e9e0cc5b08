export declare const cacheDir: string;
export declare const defaultVersion: string;
/** What is missing to run Kafka here, in a few words; undefined where nothing is. */
export declare function missingTools(): string | undefined;
/** The class path of a Kafka version with some profiles of the POM (`tools`, `streams`). Downloads what is missing. */
export declare function classPath(version?: string, profiles?: readonly string[]): Promise<string>;
