/** Where the tests find a cluster: `host:port`, separated by commas, as `npm run kafka` prints it. */
export const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').filter((one) => one !== '');
if (brokers.length === 0) {
  throw new Error(
    'These tests need a cluster: npm run test:kafka starts one, or set KAFKA_BROKERS=host:port',
  );
}
