import { seconds, StreamsBuilder, string, type Topology, topic } from 'millrace';

export const addresses = topic('addresses', { key: string(), value: string() });
export const places = topic('places', { key: string(), value: string() });

/** Asks a service for each record, several at a time; results of a key keep their order. */
export function callService(locate: (address: string) => Promise<string>): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(addresses)
    .mapValuesAsync((address) => locate(address), {
      concurrency: 8,
      timeoutMs: seconds(5),
      retry: { attempts: 3 },
    })
    .to(places);
  return builder.build();
}
